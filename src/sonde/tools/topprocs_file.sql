-- topprocs_file: Which processes read and write files most, in bytes?
--
-- every 1s
-- example topprocs_file fd.name startswith /var     who fills the disk
SELECT bytes(sum(evt.buflen)) AS "Bytes", proc.name AS "Process", proc.pid AS "PID"
FROM events
WHERE evt.is_io AND fd.type = 'file' AND evt.buflen > 0
GROUP BY ALL
ORDER BY 1 DESC, 3
LIMIT 10
