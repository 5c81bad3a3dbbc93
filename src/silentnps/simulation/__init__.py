"""A retailer that never was."""
