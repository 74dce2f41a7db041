-- topscalls: Which system calls are made most?
--
-- The ten most frequent calls. On a terminal the table is drawn anew each second, about that second; else it comes once,
-- at the end, about the whole time.
--
-- every 1s
-- example topscalls                          what this system does most
-- example topscalls proc.name=nginx          what nginx does most
-- workload [os.getppid() for _ in range(7919)]
-- answer Syscall=getppid "# Calls"=7919
SELECT count(*) AS "# Calls", evt.type AS "Syscall"
FROM events
GROUP BY ALL
ORDER BY 1 DESC, 2
LIMIT 10
