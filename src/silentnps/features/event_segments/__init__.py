"""Segments that events give: where a customer mostly buys, by what an invitation came, and when."""
