-- topfiles_errors: Which files make calls fail most?
--
-- Calls on files that returned an error, by the name of the file; of an open that failed, the name it was given.
--
-- every 1s
-- example topfiles_errors proc.name=java      what java looks for in vain
-- workload for _ in range(113):\n    try: os.open(sys.argv[1], 0)\n    except OSError: pass
-- words evt.type=openat
-- answer Filename={path} "#Errors"=113
SELECT count(*) AS "#Errors", fd.name AS "Filename"
FROM events
WHERE evt.failed AND fd.name IS NOT NULL AND (fd.type IS NULL OR fd.type IN ('file', 'directory'))
GROUP BY ALL
ORDER BY 1 DESC, 2
LIMIT 10
