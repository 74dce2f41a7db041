-- fdcount_by: How many different descriptors are in use, by any field?
--
-- Descriptors that some call used meanwhile, counted once for each process.
--
-- argument FIELD  a field to group by, such as proc.name or fd.type
-- example fdcount_by fd.sip fd.type=ipv4      connections by server
-- workload f = [os.open(sys.argv[1] + str(i), os.O_RDWR | os.O_CREAT) for i in range(13)]
-- words fd.directory
-- answer fd.directory={directory} Count=13
SELECT ${FIELD}, count(DISTINCT proc.pid || ' ' || fd.name) AS "Count"
FROM events
WHERE fd.name IS NOT NULL AND ${FIELD} IS NOT NULL
GROUP BY ALL
ORDER BY 2 DESC, 1
LIMIT 10
