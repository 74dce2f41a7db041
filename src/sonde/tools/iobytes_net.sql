-- iobytes_net: How many bytes are read and written each second, over the network?
--
-- every 1s
-- example iobytes_net --every 1s                   a line a second
-- workload a, b = pair(); [a.send(b'x' * 101) for _ in range(137)]; b.recv(13837, socket.MSG_WAITALL)
-- answer in=13837 out=13837 tot=27674
SELECT
    bytes(coalesce(sum(evt.buflen) FILTER (WHERE evt.is_io_read), 0)) AS "in",
    bytes(coalesce(sum(evt.buflen) FILTER (WHERE evt.is_io_write), 0)) AS "out",
    bytes(coalesce(sum(evt.buflen), 0)) AS "tot"
FROM events
WHERE evt.is_io AND fd.type IN ('ipv4', 'ipv6')
