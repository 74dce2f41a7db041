-- scallslower: Which system calls take longer than some milliseconds?
--
-- argument MIN_MS=1  milliseconds
-- example scallslower 5 proc.name=mysqld      slow calls of the database
-- workload [time.sleep(0.031) for _ in range(13)]
-- words 30
-- answer rows evt.type=clock_nanosleep 13
SELECT evt.datetime, proc.name, evt.type, evt.latency / 1000000.0 AS "LATENCY(ms)"
FROM events
WHERE evt.latency >= ${MIN_MS}000000
