-- topprocs_file: Which processes read and write files most, in bytes?
--
-- every 1s
-- example topprocs_file fd.name startswith /var     who fills the disk
-- workload f = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT); [os.write(f, b'x' * 10007) for _ in range(101)]
-- answer PID={pid} Bytes>=1010707
SELECT bytes(sum(evt.buflen)) AS "Bytes", proc.name AS "Process", proc.pid AS "PID"
FROM events
WHERE evt.is_io AND fd.type = 'file' AND evt.buflen > 0
GROUP BY ALL
ORDER BY 1 DESC, 3
LIMIT 10
