"""Ask a Linux system what it is doing: live, from a recording, or across a fleet."""

__version__ = "0.1.0"
