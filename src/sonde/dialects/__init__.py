"""Text to plan, one language a file."""
