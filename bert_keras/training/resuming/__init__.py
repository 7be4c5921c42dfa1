"""What a stopped run goes on from: states on the disk, the place in the data, signals."""
