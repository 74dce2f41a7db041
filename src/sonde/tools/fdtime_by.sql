-- fdtime_by: How much time do reads and writes take, by any field?
--
-- argument FIELD  a field to group by, such as proc.name or fd.name
-- every 1s
-- example fdtime_by fd.type                   do we wait for files or for the network?
-- workload f = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT); [os.write(f, b'x' * 10007) for _ in range(997)]
-- words fd.directory
-- answer fd.directory={directory} Time>=100000
SELECT duration(sum(evt.latency)) AS "Time", ${FIELD}
FROM events
WHERE evt.is_io AND ${FIELD} IS NOT NULL
GROUP BY ALL
ORDER BY 1 DESC, 2
LIMIT 10
