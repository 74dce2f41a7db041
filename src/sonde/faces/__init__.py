"""Programs that old hands know, literally: their command line and their output, answered by sonde."""
