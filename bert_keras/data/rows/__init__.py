"""What every dataset is made with: numbered rows, batches of them, length buckets, epochs, random streams."""
