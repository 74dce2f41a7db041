-- syscount: How often is each system call made, and how long does it take?
--
-- option -x        only calls that failed                                  => evt.failed=true
-- option -e ERR    only calls that failed with this error, such as ENOENT  => evt.res = ERR
-- option -p PID    only this process                                       => proc.pid = PID
-- example syscount -x                         what fails
-- workload [os.getppid() for _ in range(6007)]
-- answer SYSCALL=getppid COUNT=6007
SELECT evt.type AS "SYSCALL", count(*) AS "COUNT", duration(sum(evt.latency)) AS "TIME"
FROM events
GROUP BY ALL
ORDER BY 2 DESC, 1
