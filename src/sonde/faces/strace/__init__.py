"""`sonde strace`: the command line and the lines of strace 6.1."""
