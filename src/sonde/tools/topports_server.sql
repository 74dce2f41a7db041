-- topports_server: Which server ports move most bytes?
--
-- every 1s
-- example topports_server proc.name=nginx     by what nginx is reached
-- workload a, b = pair(); print(a.getpeername()[1]); [a.send(b'x' * 103) for _ in range(113)]
-- answer "Srv Port"={said} Bytes=11639
SELECT bytes(sum(evt.buflen)) AS "Bytes", fd.sport AS "Srv Port"
FROM events
WHERE evt.is_io AND fd.type IN ('ipv4', 'ipv6') AND evt.buflen > 0
GROUP BY ALL
ORDER BY 1 DESC, 2
LIMIT 10
