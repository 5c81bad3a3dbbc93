"""The statistical core: pure functions of arrays (classes, probabilities, drivers in; estimates out)."""
