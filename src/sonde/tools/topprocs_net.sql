-- topprocs_net: Which processes use the network most, in bytes?
--
-- every 1s
-- example topprocs_net fd.sport=443           who talks https
-- workload a, b = pair(); [a.send(b'x' * 103) for _ in range(107)]
-- answer PID={pid} Bytes=11021
SELECT bytes(sum(evt.buflen)) AS "Bytes", proc.name AS "Process", proc.pid AS "PID"
FROM events
WHERE evt.is_io AND fd.type IN ('ipv4', 'ipv6') AND evt.buflen > 0
GROUP BY ALL
ORDER BY 1 DESC, 3
LIMIT 10
