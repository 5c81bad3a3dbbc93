"""A campaign in the tables: who got it, when, and what happened before and after."""
