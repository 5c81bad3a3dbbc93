"""From definitions to queries, on every engine."""
