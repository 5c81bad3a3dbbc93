"""The page about one wave, for those who decide and for those who check."""
