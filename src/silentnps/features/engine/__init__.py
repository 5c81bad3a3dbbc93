"""From definitions of features to queries, for every engine."""
