"""Features that know the outcome, or who answered."""
