"""Checks of canonical tables: bad rows and values are counted and set aside."""
