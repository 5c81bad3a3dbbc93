"""Contributions of features to a customer's expected NPS."""
