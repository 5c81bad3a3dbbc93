"""Comparisons: which segments differ, by how much, and what promoters, passives and detractors have more of."""
