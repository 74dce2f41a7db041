-- topprocs_cpu: Which processes use most CPU?
--
-- From what the scheduler accounts (the tracepoint sched:sched_stat_runtime): the time that threads of a process ran, as a
-- share of one processor.
--
-- every 1s
-- example topprocs_cpu -- make -j4            what a build runs on
-- workload end = time.process_time() + 0.307\nwhile time.process_time() < end: sum(range(10000))
-- answer PID={pid} CPU%>=10
SELECT round(100.0 * sum(runtime) / elapsed(), 2) AS "CPU%", proc.name AS "Process", proc.pid AS "PID"
FROM "sched:sched_stat_runtime"
GROUP BY ALL
ORDER BY 1 DESC, 3
LIMIT 10
