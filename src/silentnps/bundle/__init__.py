"""The trained model in one folder."""
