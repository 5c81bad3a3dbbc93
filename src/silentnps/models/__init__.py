"""Outcome models: from features to class probabilities of those who answer, out of fold and final."""
