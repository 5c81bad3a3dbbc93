"""The value of customers: what they spent, and how it grew."""
