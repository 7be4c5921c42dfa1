"""What a stopped run resumes from: states on the disk, the place in the data, signals."""
