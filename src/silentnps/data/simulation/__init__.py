"""The parts of `simulate`: customers, what happens to them, what they feel, and who answers a survey."""
