"""What each exercise begins with: a file for each notebook. A test compares the two."""
