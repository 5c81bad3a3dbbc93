"""Boosted trees as tables, for fast predictions and exact contributions."""
