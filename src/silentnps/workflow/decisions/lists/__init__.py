"""Lists of customers to contact: made, read back, written for other systems."""
