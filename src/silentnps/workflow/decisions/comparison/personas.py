"""Personas: what detractors, passives and promoters have more of and less, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from silentnps.counts import counted
from silentnps.estimation.comparison.class_profiles import CLASS_COLUMNS, COLUMNS, class_profiles
from silentnps.estimation.wave.bootstrap import Bootstrap
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.repeat_estimate import RepeatEstimate
from silentnps.explanation.phrases import words_of
from silentnps.explanation.topics import topic_of
from silentnps.features.catalog import CATALOG

_PERCENT = ("share", "probability", "flag")


@dataclass(frozen=True)
class Personas:
    """The table of `ClassProfiles` with words, topic and rank, that of the classes, and notes.

    `rank` counts, in each class and direction (more, less), the topics of features from the largest difference on;
    it is missing where a difference cannot be told from chance, or a nearer one of the topic is there.
    """

    profiles: pd.DataFrame
    classes: pd.DataFrame
    notes: tuple[str, ...] = ()


def no_personas() -> Personas:
    """Return what there is where nobody asked."""
    return Personas(pd.DataFrame(columns=[*COLUMNS, "topic", "words", "rank"]), pd.DataFrame(columns=CLASS_COLUMNS))


def personas_of(wave: CrossFittedWave, repeats: list[RepeatEstimate], drawn: Bootstrap) -> Personas:
    """Describe the classes of a wave; see `silentnps.estimation.comparison.class_profiles.class_profiles`."""
    level = wave.estimation.confidence_level
    found = class_profiles(wave, repeats, drawn, confidence_level=level, seed=wave.random_state)
    table = found.profiles
    table["topic"] = [topic_of(name) for name in table["feature"]]
    table["words"] = [_words(row) for row in table.to_dict("records")]
    table["rank"] = _ranks(table)
    n_features = table["feature"].nunique()
    notes = [
        f"Of {counted(n_features, 'feature')}, those are listed whose difference from the whole base can be told "
        f"from chance after a correction for all {len(table):,} comparisons ({100 * level:g} %); of features about "
        "the same thing the one that differs most. sd: standard deviations of the base."
    ]
    if found.constant:
        notes.append(
            f"{counted(len(found.constant), 'feature')} the same for everybody, or hardly known: left out."
        )
    return Personas(table.sort_values(["nps_class", "rank"], kind="stable"), found.classes, tuple(notes))


def _ranks(table: pd.DataFrame) -> pd.Series:
    ranks = pd.Series(np.nan, table.index)
    differ = table[table["differs"]]
    for _, part in differ.groupby(["nps_class", differ["difference"] > 0], observed=True):
        ordered = part.iloc[np.argsort(-part["difference"].abs().to_numpy(), kind="stable")]
        first = ordered.drop_duplicates("topic")
        ranks[first.index] = np.arange(1.0, len(first) + 1.0)
    return ranks


def _words(row: Mapping[Any, Any]) -> str:
    """Return a difference in words: what, in the class and in the base."""
    name, mean, base = row["feature"], row["class_mean"], row["base_mean"]
    if isinstance(row["level"], str):
        return f"{words_of(name)}: {row['level']}, {_share(mean)} against {_share(base)}"
    if name in CATALOG and CATALOG[name].unit in _PERCENT:
        return f"{words_of(name)}, {_share(mean)} against {_share(base)}"
    return f"{words_of(name)}, {_plain(mean)} on average against {_plain(base)}"


def _share(value: float) -> str:
    return f"{100 * min(max(value, 0.0), 1.0):.0f} %"


def _plain(value: float) -> str:
    """Return a number with three significant digits.

    >>> _plain(1234.5), _plain(0.1234), _plain(12.0)
    ('1,234', '0.123', '12')
    """
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
