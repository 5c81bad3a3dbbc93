"""Contributions of features to one customer's expected NPS."""
