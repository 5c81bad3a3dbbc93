"""Commands that help to decide."""
