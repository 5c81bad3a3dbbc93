"""Scoring: every customer of a base, from a bundle."""
