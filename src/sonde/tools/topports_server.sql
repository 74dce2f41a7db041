-- topports_server: Which server ports move most bytes?
--
-- every 1s
-- example topports_server proc.name=nginx     by what nginx is reached
SELECT bytes(sum(evt.buflen)) AS "Bytes", fd.sport AS "Srv Port"
FROM events
WHERE evt.is_io AND fd.type IN ('ipv4', 'ipv6') AND evt.buflen > 0
GROUP BY ALL
ORDER BY 1 DESC, 2
LIMIT 10
