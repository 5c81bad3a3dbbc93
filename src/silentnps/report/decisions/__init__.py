"""Pages of decisions, one self-contained HTML file each."""
