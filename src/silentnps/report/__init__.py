"""The report on one wave, for those who decide and for those who check."""
