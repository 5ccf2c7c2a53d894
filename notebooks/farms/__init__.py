"""What notebooks 03 and 04 run and measure, too long for a cell: read it beside them."""
