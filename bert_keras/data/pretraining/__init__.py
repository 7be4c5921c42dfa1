"""From shards to masked batches with sentence pairs."""
