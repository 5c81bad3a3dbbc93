"""Why customers have their scores: contributions of features in NPS points, and what-ifs."""
