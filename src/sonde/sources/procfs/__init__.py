"""State of the running system from /proc."""
