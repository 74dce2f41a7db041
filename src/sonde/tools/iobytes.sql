-- iobytes: How many bytes are read and written each second, over all?
--
-- every 1s
-- example iobytes --every 1s                   a line a second
SELECT
    bytes(coalesce(sum(evt.buflen) FILTER (WHERE evt.is_io_read), 0)) AS "in",
    bytes(coalesce(sum(evt.buflen) FILTER (WHERE evt.is_io_write), 0)) AS "out",
    bytes(coalesce(sum(evt.buflen), 0)) AS "tot"
FROM events
WHERE evt.is_io
