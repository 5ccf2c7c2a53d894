"""The checks of the exercises: a file for each notebook, a function for each exercise."""
