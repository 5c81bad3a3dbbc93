"""Open the files of a table: their rows as SQL to scan, whatever their format."""
