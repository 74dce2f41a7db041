-- topscalls_time: In which system calls is most time spent?
--
-- The time from the enter of a call to its end, waiting included, summed over all threads.
--
-- every 1s
-- example topscalls_time -- make             where make waits
-- workload time.sleep(0.211)
-- answer Syscall=clock_nanosleep Time>=211000000
SELECT duration(sum(evt.latency)) AS "Time", evt.type AS "Syscall"
FROM events
WHERE evt.latency IS NOT NULL
GROUP BY ALL
ORDER BY 1 DESC, 2
LIMIT 10
