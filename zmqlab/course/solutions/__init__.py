"""A way to solve each exercise: a file for each notebook."""
