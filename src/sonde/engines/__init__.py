"""What runs the part of a plan that the source could not."""
