"""Training on bases that do not fit in memory: features in parts, samples in memory, means in a stream."""
