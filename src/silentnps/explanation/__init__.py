"""Reasons for scores, in NPS points."""
