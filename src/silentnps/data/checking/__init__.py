"""What is wrong with canonical tables, counted and set aside."""
