"""Growth in the tables: what customers of a year ago, and new ones, spent now and then."""
