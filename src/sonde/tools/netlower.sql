-- netlower: Which reads and writes of sockets take longer than some milliseconds?
--
-- argument MIN_MS=10  milliseconds
-- example netlower 100                        slower than a tenth of a second
-- workload a, b = pair(); p = os.fork() or [time.sleep(0.053), a.send(b'x'), os._exit(0)]; b.recv(1)
-- words 40
-- answer rows evt.type=recvfrom 1
SELECT evt.datetime, proc.name, evt.type, evt.latency / 1000000.0 AS "LATENCY(ms)", fd.name
FROM events
WHERE evt.is_io AND fd.type IN ('ipv4', 'ipv6') AND evt.latency >= ${MIN_MS}000000
