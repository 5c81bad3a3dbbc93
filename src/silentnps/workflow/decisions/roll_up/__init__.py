"""What accounts are made of: who belongs to which, and how their numbers are written."""
