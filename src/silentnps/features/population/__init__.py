"""Who is in which wave, when, and what was answered."""
