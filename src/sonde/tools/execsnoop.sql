-- execsnoop: Which programs are started, by whom, and with which arguments?
--
-- A line for each execve and execveat that worked; RET is its result.
--
-- option -x        failed ones as well, without arguments                  => evt.type in (execve, execveat)
-- option -n NAME   only programs with NAME in their name                   => proc.name contains NAME
-- option -l LINE   only command lines with LINE in them                    => proc.cmdline contains LINE
-- option -u UID    only this user                                          => user.uid = UID
-- option -P PPID   only children of this process                           => proc.ppid = PPID
-- option -T        show when                                               => + evt.time.s AS "TIME"
-- option -U        show the user                                           => + user.uid AS "UID"
-- example execsnoop -T                        what is started, and when
-- workload [subprocess.run(['/bin/echo', 'seven'], stdout=-3) for _ in range(7)]
-- answer rows PCOMM=echo 7
SELECT proc.name AS "PCOMM", proc.pid AS "PID", proc.ppid AS "PPID", evt.rawres AS "RET", proc.exeline AS "ARGS"
FROM events
WHERE evt.type IN ('execve', 'execveat') AND NOT evt.failed
