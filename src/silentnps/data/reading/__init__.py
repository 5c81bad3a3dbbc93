"""From the user's files to canonical tables."""
