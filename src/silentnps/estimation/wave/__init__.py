"""The estimate of one wave, from features and answers to the report."""
