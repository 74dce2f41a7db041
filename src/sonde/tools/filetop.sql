-- filetop: Which processes read and write which files most?
--
-- option -p PID    only this process                                       => proc.pid = PID
-- every 1s
-- example filetop -p 1                        the files of process 1
-- workload f = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT); [os.write(f, b'x' * 101) for _ in range(139)]
-- answer FILE={path} WRITES=139 W_Kb=14039 READS=0
SELECT proc.pid AS "PID", proc.name AS "COMM",
    count(*) FILTER (WHERE evt.is_io_read) AS "READS", count(*) FILTER (WHERE evt.is_io_write) AS "WRITES",
    bytes(coalesce(sum(evt.buflen) FILTER (WHERE evt.is_io_read), 0)) AS "R_Kb",
    bytes(coalesce(sum(evt.buflen) FILTER (WHERE evt.is_io_write), 0)) AS "W_Kb",
    fd.name AS "FILE"
FROM events
WHERE evt.is_io AND fd.type = 'file'
GROUP BY ALL
ORDER BY sum(evt.buflen) DESC NULLS LAST, "FILE"
LIMIT 20
