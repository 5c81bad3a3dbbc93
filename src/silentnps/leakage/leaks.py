"""What each feature alone reveals about the rating, its class, and who answered."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from silentnps.errors import DataError
from silentnps.features.leaks.outcome_names import outcome_word
from silentnps.leakage.answering import HIGHEST_AUC, answering_separation
from silentnps.leakage.class_separation import class_separation
from silentnps.leakage.rating_copies import HIGHEST_AGREEMENT, rating_agreement
from silentnps.numerics.arrays import Booleans, Floats
from silentnps.outcome.survey_data import SurveyData

CONFIDENCE_LEVEL = 0.95
"""Confidence level of the intervals of the audit."""
_LEVEL = f"{100 * CONFIDENCE_LEVEL:g} %"

_NAMED_AGREEMENT = 0.5


def measure_leaks(
    data: SurveyData, ratings: Floats, *, random_state: int, from_the_past: Collection[str] = ()
) -> pd.DataFrame:
    """Measure what each feature alone reveals.

    The rating and its class are compared on the answers of all waves and of the wave, whichever the feature
    reveals better: an attribute that holds a customer's latest answer reveals it in the wave, but not in earlier
    ones. Answering is compared among those who were asked in the wave.

    Parameters
    ----------
    ratings
        0-10 of each row of `data`, NaN of silent customers, shape (n,).
    from_the_past
        Features built from earlier answers: revealing the rating is no evidence against them, as many customers
        give the same answer again.

    Returns
    -------
    One row per feature, in their order: the columns of `class_separation`, n_answers and answers_of; those of
    `rating_agreement` and `answering_separation`; and `reveals`, what no honest feature could reveal, in words
    without any value of the data; empty if there is nothing.
    """
    options: dict[str, Any] = {"confidence_level": CONFIDENCE_LEVEL, "random_state": random_state}
    asked = np.flatnonzero(data.target & data.invited)
    answering = answering_separation(
        data.features.iloc[asked], data.answered[asked], data.persons[asked], **options
    )
    parts = (*_of_rating(data, ratings, options), answering.drop(columns="name"))
    table = pd.concat(parts, axis=1)
    return table.assign(reveals=[_revealed(row, row.name in from_the_past) for row in table.itertuples()])


def refuse_leaks(
    data: SurveyData, ratings: Floats, *, rating_name: object, allowed: Collection[str], random_state: int
) -> None:
    """Raise DataError if a feature alone reveals what it cannot honestly know, is the rating, or is named like it.

    A name that suggests an outcome counts if the values also agree with the rating. `rating_name` is the name of
    the rating's own column; `allowed` are features that may reveal what they do.
    """
    unknown = sorted(set(allowed) - set(data.features))
    if unknown:
        raise DataError(f"allow_leaks must name columns of features; got {unknown[0]!r}. Correct the name.")
    table = measure_leaks(data, ratings, random_state=random_state)
    rows = [row for row in table.itertuples() if row.name not in allowed]
    leaks = {str(row.name): evidence for row in rows if (evidence := _evidence(row, rating_name))}
    if leaks:
        listed = "; ".join(f"{name} ({evidence})" for name, evidence in leaks.items())
        raise DataError(
            f"features must know neither the rating nor who answered; got {len(leaks)} that may: {listed}. "
            f"Leave them out, or, if they are right, allow them (allow_leaks={list(leaks)})."
        )


def _of_rating(data: SurveyData, ratings: Floats, options: dict[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return how features separate the classes, and how they agree with the rating."""
    separation, agreement = _of_answers(data, ratings, data.answered, "all waves", options)
    of_wave = data.answered & data.target
    if of_wave.sum() == data.answered.sum():
        return separation, agreement
    wave_separation, wave_agreement = _of_answers(data, ratings, of_wave, "the wave", options)
    return (
        _better(separation, wave_separation, "auc_low"),
        _better(agreement, wave_agreement, "agreement_low"),
    )


def _of_answers(
    data: SurveyData, ratings: Floats, answers: Booleans, of: str, options: dict[str, Any]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = np.flatnonzero(answers)
    features, persons = data.features.iloc[rows], data.persons[rows]
    separation = class_separation(features, data.classes[rows], persons, **options)
    agreement = rating_agreement(features, ratings[rows], persons, **options)
    return separation.assign(n_answers=len(rows), answers_of=of), agreement.drop(columns="name")


def _better(of_all: pd.DataFrame, of_wave: pd.DataFrame, low: str) -> pd.DataFrame:
    """Return for each feature the row whose interval has the higher lower end."""
    return of_all.where(~(of_wave[low] > of_all[low].fillna(-1.0)), of_wave)


def _evidence(row: Any, rating_name: object) -> str:
    parts = [row.reveals] if row.reveals else []
    if rating_name is not None and row.name == str(rating_name):
        parts.append("named like the rating's own column")
    elif (word := outcome_word(row.name)) and row.agreement_low > _NAMED_AGREEMENT:
        parts.append(f"named like an outcome, {word!r}, and agrees with the rating by {row.agreement:.2f}")
    return " and ".join(parts)


def _revealed(row: Any, from_the_past: bool) -> str:
    of_rating = [] if from_the_past else _revealed_of_rating(row)
    return " and ".join([*of_rating, *_revealed_of_answering(row)])


def _revealed_of_rating(row: Any) -> list[str]:
    parts = []
    if row.auc_low > HIGHEST_AUC:
        answers = f"{row.n_answers:,} answers of {row.answers_of}"
        auc = _auc_in_words(row.auc, row.auc_low, row.auc_high)
        parts.append(f"alone tells a {row.nps_class} with {auc}, {answers}")
    if row.agreement_low > HIGHEST_AGREEMENT:
        interval = f"at least {row.agreement_low:.3f} at {_LEVEL}"
        parts.append(
            f"orders {row.n_rated:,} answers as the rating, rank agreement {row.agreement:.3f}, {interval}"
        )
    return parts


def _revealed_of_answering(row: Any) -> list[str]:
    parts = []
    if row.held_tells:
        counts = (
            f"{row.n_answered_with:,} of {row.n_answered:,} who answered and {row.n_silent_with:,} of "
            f"{row.n_silent:,} silent"
        )
        share = f"{_LEVEL} interval from {math.floor(1000 * row.share_low) / 10:.1f} %"
        parts.append(f"{row.held} for {counts}: the share of answers where it is so has a {share}")
    if row.answering_low > HIGHEST_AUC:
        auc = _auc_in_words(row.answering_auc, row.answering_low, row.answering_high)
        parts.append(f"alone tells who answered with {auc}")
    return parts


def _auc_in_words(value: float, low: float, high: float) -> str:
    return f"AUC {value:.3f}, {_LEVEL} interval {low:.3f} to {high:.3f}"
