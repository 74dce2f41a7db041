"""Recordings that do not tell everything."""
