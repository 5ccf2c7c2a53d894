"""What notebook 16 runs: two machines on one computer, the line between them, and what it does."""
