-- fileslower: Which reads and writes of files take longer than some milliseconds?
--
-- argument MIN_MS=10  milliseconds
-- example fileslower 1                        slower than a millisecond
SELECT evt.datetime, proc.name, evt.type, evt.latency / 1000000.0 AS "LATENCY(ms)", fd.name
FROM events
WHERE evt.is_io AND fd.type = 'file' AND evt.latency >= ${MIN_MS}000000
