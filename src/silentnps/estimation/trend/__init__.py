"""How NPS changed from wave to wave, and why: levels, changes and their parts, with intervals."""
