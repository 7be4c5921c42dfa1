"""Text files and tables, read row by row, every fault with its place."""
