"""The reasons for a score in words: what raises it and what lowers it."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from silentnps.explanation.contributions.explain import NEVER_INVITED, Explanation
from silentnps.explanation.phrases import phrase
from silentnps.explanation.topics import group_by_topic
from silentnps.numerics.arrays import Floats

REASONS = ("reasons_for", "reasons_against")
"""Text columns: what raises the expected NPS of a customer, and what lowers it."""

_SMALLEST_POINTS = 0.05
"""Smaller contributions would read as 0.0."""

_cached_phrase = lru_cache(maxsize=100_000)(phrase)


def reasons_in_words(explanation: Explanation, features: pd.DataFrame, *, n: int = 3) -> pd.DataFrame:
    """Return the `n` largest reasons of each row in both directions, columns `REASONS`.

    Features of one topic form one reason (see `topics`), for or against by the sum of their contributions, in the
    words of the leading feature.

    A text reads like "two late deliveries in the last 90 days (-14.2 points); one open case (-3.1 points)", largest
    first, ties in the order of the features. `features` are the rows that were explained. A text is empty if no
    reason rounds to 0.1 points or more.
    """
    points = explanation.contributions.drop(columns=NEVER_INVITED, errors="ignore")
    topics = group_by_topic(replace(explanation, contributions=points))
    names, values = [str(name) for name in points.columns], topics.points
    columns = [_plain_values(features[name]) for name in names]
    texts = {
        column: [
            "; ".join(
                f"{_cached_phrase(names[i], columns[i][row])} ({values[row, topic]:+.1f} points)"
                for topic, i in zip(largest, topics.leading[row, largest], strict=True)
            )
            for row, largest in enumerate(_largest(sign * values, n))
        ]
        for column, sign in zip(REASONS, (1.0, -1.0), strict=True)
    }
    return pd.DataFrame(texts, index=points.index, columns=list(REASONS), dtype="object")


def _largest(values: Floats, n: int) -> list[NDArray[np.intp]]:
    """Return the positions of the largest values worth showing in each row, largest first."""
    order = np.argsort(-values, axis=1, kind="stable")[:, :n]
    return [largest[row[largest] >= _SMALLEST_POINTS] for largest, row in zip(order, values, strict=True)]


def _plain_values(column: pd.Series) -> list[Any]:
    """Return values as Python objects, None where missing, so that phrases can be looked up."""
    values: list[Any] = column.astype("object").where(column.notna(), None).tolist()
    return values
