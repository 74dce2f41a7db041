"""Rows to text, one shape a file."""
