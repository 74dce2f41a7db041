"""What strace prints of a call: its arguments, its result and its signals, as text of whole columns."""
