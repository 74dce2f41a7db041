-- proc_exec_time: How long do programs run?
--
-- A line for each process that ends.
--
-- example proc_exec_time -- make -j4          what make runs, and for how long
-- workload [subprocess.run(['/bin/true']) for _ in range(11)]
-- answer rows Process=true 11
SELECT evt.time.s AS "Time", duration(proc.duration) AS "Duration", proc.name AS "Process", proc.args AS "Arguments"
FROM events
WHERE evt.type = 'procexit' AND thread.ismain
