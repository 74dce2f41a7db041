-- iobytes: How many bytes are read and written each second, over all?
--
-- every 1s
-- example iobytes --every 1s                   a line a second
-- workload f = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT); [os.write(f, b'x' * 101) for _ in range(131)]
-- answer out>=13231
SELECT
    bytes(coalesce(sum(evt.buflen) FILTER (WHERE evt.is_io_read), 0)) AS "in",
    bytes(coalesce(sum(evt.buflen) FILTER (WHERE evt.is_io_write), 0)) AS "out",
    bytes(coalesce(sum(evt.buflen), 0)) AS "tot"
FROM events
WHERE evt.is_io
