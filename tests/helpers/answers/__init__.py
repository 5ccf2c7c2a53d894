"""Answers that learners may give, right and wrong: a file for each notebook."""
