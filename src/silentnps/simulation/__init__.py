"""A simulated retailer with known truth."""
