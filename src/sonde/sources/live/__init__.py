"""The running kernel as a source, one file a hook family."""
