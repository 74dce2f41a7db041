-- opensnoop: Which files are opened, by whom, and does it work?
--
-- A line for each open, openat, openat2 and creat that has returned. ERR is the number of the error, 0 if there is none.
--
-- option -x        only opens that failed                                  => evt.failed=true
-- option -n NAME   only processes with NAME in their name                  => proc.name contains NAME
-- option -p PID    only this process                                       => proc.pid = PID
-- option -t TID    only this thread                                        => thread.tid = TID
-- option -u UID    only this user                                          => user.uid = UID
-- option -f FLAG   only opens with this flag, such as O_CREAT              => evt.arg.flags contains FLAG
-- option -T        show when                                               => + evt.time.s AS "TIME"
-- option -U        show the user                                           => + user.uid AS "UID"
-- option -e        show flags and mode                                     => + evt.arg.flags AS "FLAGS"
-- example opensnoop -n python3 -x -- ./job.sh     what python looks for in vain
-- workload [os.close(os.open('/etc/hostname', 0)) for _ in range(17)]
-- answer rows PATH=/etc/hostname 17
SELECT proc.pid AS "PID", proc.name AS "COMM",
    CASE WHEN evt.failed THEN -1 ELSE evt.rawres END AS "FD",
    CASE WHEN evt.failed THEN -evt.rawres ELSE 0 END AS "ERR",
    fd.name AS "PATH"
FROM events
WHERE evt.type.is.open = 1
