"""Recordings: segments of frames that are written as events come, and read again as Batches."""
