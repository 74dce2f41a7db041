"""Files of sysdig, .scap, as a source of rows."""
