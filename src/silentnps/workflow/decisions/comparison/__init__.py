"""What a comparison of segments reads and tells."""
