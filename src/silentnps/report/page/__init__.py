"""The page of the report, written."""
