"""Silent customers who were called."""
