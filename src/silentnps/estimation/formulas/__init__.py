"""The formulas of the estimators; they import numerics only."""
