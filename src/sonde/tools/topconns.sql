-- topconns: Which connections move most bytes?
--
-- every 1s
-- example topconns fd.sport=5432              connections to the database
-- workload a, b = pair(); [a.send(b'x' * 103) for _ in range(109)]
-- answer Proto=tcp Bytes=11227
SELECT bytes(sum(evt.buflen)) AS "Bytes", fd.l4proto AS "Proto", fd.name AS "Conn"
FROM events
WHERE evt.is_io AND fd.type IN ('ipv4', 'ipv6') AND evt.buflen > 0
GROUP BY ALL
ORDER BY 1 DESC, 3
LIMIT 10
