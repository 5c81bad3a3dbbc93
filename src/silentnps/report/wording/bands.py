"""Where an NPS lies on the scales that people compare it with, and what those scales cannot say."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from silentnps.estimation.formulas.nps_estimate import NPSEstimate
from silentnps.report.wording.words import interval

OVER_TIME = (
    "These limits are conventions, not measurements. Improvement over time says more than a comparison across "
    "industries: those differ in customers, wording and channel of their surveys."
)

BETWEEN_COUNTRIES = (
    "Countries are not ranked by their NPS: people of different countries use the ends of a scale differently "
    "(Harzing 2006, International Journal of Cross Cultural Management 6, 243), so a gap may be one of answering "
    "style. Compare each country with itself over time."
)

_NAMES_OF_COUNTRIES = {"country", "countries", "nation", "nationality", "locale", "language", "market"}


@dataclass(frozen=True)
class Scale:
    """Bands of NPS: `limits` in points, ascending, and one name more than there are limits; `source` in words."""

    limits: tuple[float, ...]
    names: tuple[str, ...]
    source: str

    @property
    def title(self) -> str:
        """Return the scale as people call it, such as 0/50."""
        return "/".join(f"{limit:g}" for limit in self.limits)

    def band(self, nps: float) -> str:
        """Return the band of an NPS; a limit belongs to the band above it."""
        return self.names[sum(nps >= limit for limit in self.limits)]


SCALES = (
    Scale((0, 30, 50), ("needs improvement", "good", "great", "excellent"), "as survey platforms quote it"),
    Scale((0, 50), ("poor", "good", "excellent"), "as Bain & Company and others quote it"),
)


def band_sentences(estimate: NPSEstimate) -> list[str]:
    """Say in which bands an estimate and its interval lie, and what that is worth; nothing without a number."""
    if not math.isfinite(estimate.value):
        return []
    return [*(_on_scale(scale, estimate) for scale in SCALES), OVER_TIME]


def bands_in_short(estimate: NPSEstimate) -> list[str]:
    """Say in one sentence in which bands an estimate and its interval lie; nothing without a number."""
    if not math.isfinite(estimate.value):
        return []
    told = [_in_short(scale, estimate) for scale in SCALES]
    return [f"In bands: {', and '.join(told)}. Bands are conventions; improvement over time says more."]


def _in_short(scale: Scale, estimate: NPSEstimate) -> str:
    low, middle, high = (scale.band(value) for value in (estimate.low, estimate.value, estimate.high))
    reach = "" if low == high else f" (interval: {low!r} to {high!r})"
    return f"{middle!r} on the scale {scale.title}{reach}"


def _on_scale(scale: Scale, estimate: NPSEstimate) -> str:
    low, middle, high = (scale.band(value) for value in (estimate.low, estimate.value, estimate.high))
    where, reach = f"On the scale {scale.title} ({scale.source})", interval(estimate.low, estimate.high)
    if low == high:
        return f"{where} it is {middle!r}, and so is all of {reach}."
    return f"{where} it is {middle!r}, but the interval of {reach} extends from {low!r} to {high!r}."


def country_note(segmentations: Iterable[str]) -> str:
    """Return the warning where a segmentation is by country, language or market, as far as its name tells."""
    named = any(_NAMES_OF_COUNTRIES & set(name.lower().replace("-", "_").split("_")) for name in segmentations)
    return BETWEEN_COUNTRIES if named else ""
