"""Rows from strace: of a command it runs for who may not ask the kernel, or of a log that it once wrote."""
