"""Files of tables: which files a path means, and CSV files from every source."""
