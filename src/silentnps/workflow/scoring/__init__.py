"""Scores of a wave in parts: by the model, or by the rule table of signals."""
