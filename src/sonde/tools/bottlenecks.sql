-- bottlenecks: Which were the slowest system calls?
--
-- The ten calls that took longest, waiting included, with their arguments.
--
-- example bottlenecks -- curl localhost       what curl waits for
-- workload time.sleep(0.223)
-- answer Syscall=clock_nanosleep Latency>=223000000
SELECT duration(evt.latency) AS "Latency", evt.datetime AS "Time", proc.name AS "Process", thread.tid AS "TID",
    evt.type AS "Syscall", evt.info AS "Arguments"
FROM events
WHERE evt.latency IS NOT NULL
ORDER BY 1 DESC
LIMIT 10
