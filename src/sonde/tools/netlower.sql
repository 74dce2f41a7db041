-- netlower: Which reads and writes of sockets take longer than some milliseconds?
--
-- argument MIN_MS=10  milliseconds
-- example netlower 100                        slower than a tenth of a second
-- workload a, b = pair(); b.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, bytes(8) + (53000).to_bytes(8, 'little'))\ntry: b.recv(1)\nexcept OSError: pass
-- words 40
-- answer rows evt.type=recvfrom 1
SELECT evt.datetime, proc.name, evt.type, evt.latency / 1000000.0 AS "LATENCY(ms)", fd.name
FROM events
WHERE evt.is_io AND fd.type IN ('ipv4', 'ipv6') AND evt.latency >= ${MIN_MS}000000
