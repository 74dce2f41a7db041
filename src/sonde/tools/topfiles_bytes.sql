-- topfiles_bytes: Which files are read and written most, in bytes?
--
-- Bytes that read and write calls moved, by file.
--
-- every 1s
-- example topfiles_bytes "fd.directory contains cache"    what fills the cache
-- workload f = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT); [os.write(f, b'x' * 10007) for _ in range(103)]
-- answer Filename={path} Bytes=1030721
SELECT bytes(sum(evt.buflen)) AS "Bytes", fd.name AS "Filename"
FROM events
WHERE evt.is_io AND fd.type = 'file' AND evt.buflen > 0
GROUP BY ALL
ORDER BY 1 DESC, 2
LIMIT 10
