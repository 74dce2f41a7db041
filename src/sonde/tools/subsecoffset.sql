-- subsecoffset: When within a second do things happen?
--
-- A line every half second: from the left to the right the place within the second at which calls ended, in 64 steps; the
-- colour says how many. What is done by a timer shows as a vertical line.
--
-- every 500ms
-- shape spectrogram
-- example subsecoffset proc.name=cron         does it wake at each full second?
SELECT linear_hist(evt.rawtime.ns, 15625000) AS "Offset"
FROM events
