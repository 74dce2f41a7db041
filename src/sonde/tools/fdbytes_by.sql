-- fdbytes_by: How many bytes are read and written, by any field?
--
-- argument FIELD  a field to group by, such as proc.name or fd.sport
-- every 1s
-- example fdbytes_by fd.directory             which directories fill
-- workload f = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT); [os.write(f, b'x' * 101) for _ in range(127)]
-- words fd.directory
-- answer fd.directory={directory} Bytes=12827
SELECT bytes(sum(evt.buflen)) AS "Bytes", ${FIELD}
FROM events
WHERE evt.is_io AND evt.buflen > 0 AND ${FIELD} IS NOT NULL
GROUP BY ALL
ORDER BY 1 DESC, 2
LIMIT 10
