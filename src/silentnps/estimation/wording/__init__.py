"""The sentences that travel with an estimate: the numbers and codes of its checks as text."""
