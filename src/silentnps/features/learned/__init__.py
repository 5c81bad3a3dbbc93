"""Features learned from the base at the earliest training wave."""

from silentnps.features.learned import learned_features  # noqa: F401  registers the features
