"""Files as they come: which a path means, and CSV of every make."""
