-- statsnoop: Which files are asked about, by whom, and are they there?
--
-- A line for each call of the stat family that has returned.
--
-- option -x        only calls that failed                                  => evt.failed=true
-- option -p PID    only this process                                       => proc.pid = PID
-- option -t        show when                                               => + evt.time.s AS "TIME"
-- example statsnoop "fs.path.name endswith .png"    who asks for pictures
-- workload [os.path.exists('/etc/hostname') for _ in range(19)]
-- answer rows PATH=/etc/hostname 19
SELECT proc.pid AS "PID", proc.name AS "COMM",
    CASE WHEN evt.failed THEN -1 ELSE evt.rawres END AS "FD",
    CASE WHEN evt.failed THEN -evt.rawres ELSE 0 END AS "ERR",
    coalesce(fs.path.name, fd.name) AS "PATH"
FROM events
WHERE evt.type.is.stat = 1
