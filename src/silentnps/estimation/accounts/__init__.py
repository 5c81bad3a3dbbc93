"""Accounts: the few contacts of each customer company, put together."""
