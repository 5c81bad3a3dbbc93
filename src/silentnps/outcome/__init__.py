"""From features to class probabilities."""
