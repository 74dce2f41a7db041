-- topfiles_time: On which files is most time spent?
--
-- The time that read and write calls took, by file.
--
-- every 1s
-- example topfiles_time proc.name=postgres    the files that postgres waits for
-- workload f = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT); [os.write(f, b'x' * 10007) for _ in range(997)]
-- answer Filename={path} Time>=100000
SELECT duration(sum(evt.latency)) AS "Time", fd.name AS "Filename"
FROM events
WHERE evt.is_io AND fd.type = 'file'
GROUP BY ALL
ORDER BY 1 DESC, 2
LIMIT 10
