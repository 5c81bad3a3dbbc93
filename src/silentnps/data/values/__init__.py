"""What a written value says: casts, markers of emptiness, dates, numbers and ratings."""
