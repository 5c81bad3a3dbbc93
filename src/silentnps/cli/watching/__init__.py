"""How a long command shows its progress: a line on a terminal, lines in a log."""
