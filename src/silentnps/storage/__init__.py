"""Files that appear whole, locks, and jobs that write in parts."""
