"""Choosing, fitting and validating the model."""
