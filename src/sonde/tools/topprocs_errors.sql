-- topprocs_errors: Which processes have most failing calls?
--
-- every 1s
-- example topprocs_errors evt.type!=futex     leaving out those that wait in vain
-- workload [os.path.exists('/nowhere/at/all') for _ in range(1009)]
-- answer PID={pid} "#Errors">=1009
SELECT count(*) AS "#Errors", proc.name AS "Process", proc.pid AS "PID"
FROM events
WHERE evt.failed
GROUP BY ALL
ORDER BY 1 DESC, 3
LIMIT 10
