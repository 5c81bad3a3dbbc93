"""Features of bases that do not fit in memory, bucket by bucket."""
