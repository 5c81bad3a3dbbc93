"""What earlier commands found that the first screen of the report tells."""
