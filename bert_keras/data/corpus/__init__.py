"""From text files to shards of passages, and what counting them gives."""
