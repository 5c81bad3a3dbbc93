"""Checks whether features may know what happened after `as_of`."""
