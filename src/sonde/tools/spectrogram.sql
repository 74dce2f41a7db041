-- spectrogram: How is the latency of system calls spread, over time?
--
-- A line every half second: from the left to the right from a nanosecond to 100 seconds, the colour says how many calls
-- took that long.
--
-- every 500ms
-- shape spectrogram
-- example spectrogram fd.type=file            fast from memory, slow from disk
SELECT log2_hist(evt.latency) AS "Latency"
FROM events
WHERE evt.latency IS NOT NULL
