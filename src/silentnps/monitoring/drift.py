"""Drift of the base: each feature, all features at once, and the predictions, against the waves of the training."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from silentnps.estimation.wording.numbers import points
from silentnps.features.catalog import CATALOG
from silentnps.monitoring.areas import Area
from silentnps.monitoring.chance import apart, holm
from silentnps.monitoring.checks import Check, Level, Setting, highest, level_of, not_judged
from silentnps.monitoring.classifier import two_sample_area
from silentnps.monitoring.columns import Moved, compare_columns
from silentnps.monitoring.wave import Wave

FEWEST_ROWS = 30
"""Fewer customers have no distribution to speak of."""

_MOST_NAMED = 5


@dataclass(frozen=True)
class MovedFeature:
    """How a feature moved: since which wave of the training, how far, and the level; empty shares now and then.

    `moves` says that it moves by itself, as a tenure does, and is told but not judged.
    """

    feature: str
    since: str
    moved: Moved
    p_value: float
    level: Level
    moves: bool
    missing: float
    missing_before: float


def moves_by_itself(name: str) -> bool:
    """Return whether a feature differs between two moments though nothing has changed.

    Of the catalogue these are all without a fixed window in days, as totals and the time since an event grow with
    the age of the customers and of the records, and those of answers and invitations, which every survey moves.

    Examples
    --------
    >>> moves_by_itself("orders_count_90d"), moves_by_itself("orders_count_total"), moves_by_itself("region")
    (False, True, False)
    """
    feature = CATALOG.get(name)
    if feature is None:
        return False
    return bool({*feature.tables} & {"responses", "invitations"}) or re.search(r"_\d+d$", name) is None


def check_features(
    references: Sequence[Wave], new: Wave, setting: Setting
) -> tuple[Check, tuple[MovedFeature, ...]]:
    """Compare each feature with the wave of the training, which comes first, and where it moved with those before.

    The nearest wave counts: a season that the training saw is no drift. P-values are adjusted by Holm over the
    features that are judged.
    """
    n, n_reference = len(new.features), len(references[0].features)
    if min(n, n_reference) < FEWEST_ROWS:
        return not_judged("features", _few(n, n_reference), n=n, n_reference=n_reference), ()
    pairs = _pairs(references, new, setting)
    found = [_moved(str(name), pairs, setting) for name in references[0].features if name in new.features]
    judged = [feature for feature in found if not feature.moves]
    if not judged:
        return not_judged("features", "no feature has a fixed window", n=n, n_reference=n_reference), tuple(found)
    adjusted = holm(np.array([feature.moved.p_value for feature in judged]))
    by_name = {
        feature.feature: replace(
            feature,
            p_value=float(p),
            level=level_of(feature.moved.psi, setting.limits, p_value=float(p), alpha=setting.alpha),
        )
        for feature, p in zip(judged, adjusted, strict=True)
    }
    table = tuple(by_name.get(feature.feature, feature) for feature in found)
    return _check_of(list(by_name.values()), setting), table


def _check_of(judged: list[MovedFeature], setting: Setting) -> Check:
    level = highest(feature.level for feature in judged)
    first = max(judged, key=lambda each: (each.level == level, each.moved.psi))
    named = sorted((each for each in judged if each.level != "fine"), key=lambda each: -each.moved.psi)
    names = ", ".join(each.feature for each in named[:_MOST_NAMED])
    more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
    text = (
        f"{len(named)} of {len(judged)} features moved: {names}{more}"
        if named
        else f"none of {len(judged)} features moved; {first.feature} did most"
    )
    return Check(
        "features", level, text, **_psi_of(first.moved, setting), p_value=first.p_value, alpha=setting.alpha
    )


def _psi_of(moved: Moved, setting: Setting) -> dict[str, Any]:
    return {
        "measure": "PSI",
        "value": moved.psi,
        "low": moved.low,
        "high": moved.high,
        "confidence_level": setting.confidence_level,
        "size": moved.psi,
        "limits": setting.limits,
        "n": moved.n,
        "n_reference": moved.n_reference,
    }


_Pair = tuple[Wave, Wave]


def _pairs(references: Sequence[Wave], new: Wave, setting: Setting) -> list[_Pair]:
    """Return each wave of the training with the new one, every customer in one of the two."""
    enough = [references[0], *(wave for wave in references[1:] if len(wave.features) >= FEWEST_ROWS)]
    pairs = []
    for wave in enough:
        before, now = apart(wave.customers, new.customers, random_state=setting.random_state)
        pairs.append((wave.take(before), new.take(now)))
    return pairs


def _moved(name: str, pairs: Sequence[_Pair], setting: Setting) -> MovedFeature:
    moves = moves_by_itself(name)
    columns = [lambda pair=pair: (pair[0].features[name], pair[1].features[name]) for pair in pairs]
    place, moved = _nearest(columns[:1] if moves else columns, setting)
    before, now = (wave.features[name] for wave in pairs[place])
    return MovedFeature(
        name,
        pairs[place][0].name,
        moved,
        moved.p_value,
        "not judged" if moves else "fine",
        moves,
        missing=float(now.isna().mean()),
        missing_before=float(before.isna().mean()),
    )


def _nearest(columns: Sequence[Callable[[], tuple[pd.Series, pd.Series]]], setting: Setting) -> tuple[int, Moved]:
    """Return the place of the pair that differs least and how much; the first, where that is below the limits."""
    compare = partial(compare_columns, confidence_level=setting.confidence_level)
    found = [compare(*columns[0]())]
    if found[0].psi >= setting.limits[0]:
        found += [compare(*pair()) for pair in columns[1:]]
    place = int(np.argmin([moved.psi for moved in found]))
    return place, found[place]


def check_predictions(references: Sequence[Wave], new: Wave, setting: Setting) -> Check:
    """Compare the distribution of the expected NPS with that of the nearest wave of the training."""
    n, n_reference = len(new.features), len(references[0].features)
    if min(n, n_reference) < FEWEST_ROWS:
        return not_judged("predictions", _few(n, n_reference), n=n, n_reference=n_reference)
    pairs = _pairs(references, new, setting)
    columns = [lambda pair=pair: tuple(pd.Series(wave.expected_nps) for wave in pair) for pair in pairs]
    place, moved = _nearest(columns, setting)  # type: ignore[arg-type]
    before, now = (float(wave.expected_nps.mean()) for wave in pairs[place])
    level = level_of(moved.psi, setting.limits, p_value=moved.p_value, alpha=setting.alpha)
    text = f"mean expected NPS {points(now)}, in {pairs[place][0].name} {points(before)}"
    return Check("predictions", level, text, **_psi_of(moved, setting), p_value=moved.p_value, alpha=setting.alpha)


def check_classifier(references: Sequence[Wave], new: Wave, setting: Setting) -> Check:
    """Test all features at once that do not move by themselves, against the wave that is hardest to tell apart."""
    names = [
        str(name) for name in references[0].features if name in new.features and not moves_by_itself(str(name))
    ]
    pairs = _pairs(references, new, setting) if names else []
    found = _told_apart(pairs[:1], names, setting)
    if not found:
        why = _few(len(new.features), len(references[0].features)) if names else "no feature has a fixed window"
        return not_judged("classifier", why, n=len(new.features), n_reference=len(references[0].features))
    if found[0][1].value >= setting.limits[0]:
        found += _told_apart(pairs[1:], names, setting)
    since, area, p_value = min(found, key=lambda each: each[1].value)
    return Check(
        "classifier",
        level_of(area.value, setting.limits, p_value=p_value, alpha=setting.alpha),
        f"customers of {new.name} are told from those of {since} with an AUC of {area.value:.2f}; 0.5 is by chance",
        "AUC",
        area.value,
        area.low,
        area.high,
        setting.confidence_level,
        area.value,
        setting.limits,
        p_value,
        setting.alpha,
        area.n_positive,
        area.n_negative,
    )


def _told_apart(pairs: Sequence[_Pair], names: Sequence[str], setting: Setting) -> list[tuple[str, Area, float]]:
    found = []
    for before, now in pairs:
        told = two_sample_area(
            before.features[list(names)],
            now.features[list(names)],
            random_state=setting.random_state,
            confidence_level=setting.confidence_level,
        )
        if told is not None:
            found.append((before.name, *told))
    return found


def _few(n: int, n_reference: int) -> str:
    return f"too few customers to compare: {n:,}, and {n_reference:,} in the training"
