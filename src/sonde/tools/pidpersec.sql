-- pidpersec: How many processes are started each second?
--
-- Calls of the clone family that made a process or thread, counted where they return in the parent.
--
-- every 1s
-- example pidpersec --every 1s                a line a second
-- workload [os.fork() or os._exit(0) for _ in range(23)]
-- answer PIDs=23
SELECT count(*) AS "PIDs"
FROM events
WHERE evt.type IN ('clone', 'clone3', 'fork', 'vfork') AND evt.rawres > 0
