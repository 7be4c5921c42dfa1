"""What every dataset is made with: rows, length buckets, epochs, random streams."""
