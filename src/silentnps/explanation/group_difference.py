"""Why one group of customers differs from another in NPS: the difference shared out over key drivers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from silentnps.explanation.contributions.explain import Explanation
from silentnps.explanation.contributions.refits import RefitContributions
from silentnps.explanation.topics import lead_features, merge_by_topic, merge_refits_by_topic
from silentnps.numerics.arrays import Booleans, Floats

UNEXPLAINED = "not explained by features"
"""The row of the difference between the estimates that the scores do not explain."""

COLUMNS = ("driver", "words", "points", "low", "high")


@dataclass(frozen=True)
class Group:
    """A group among the explained customers: its members, and the estimate of their NPS in points.

    `estimate` may be NaN: then the unexplained part is unknown. `refitted` marks the members among the customers
    that the refits explained; None if those are the same customers as in `members`.
    """

    members: Booleans
    estimate: float
    refitted: Booleans | None = None


def explain_difference(
    explanation: Explanation,
    one: Group,
    other: Group,
    models: RefitContributions,
    *,
    confidence_level: float = 0.95,
    sampled: bool = False,
) -> pd.DataFrame:
    """Share out the NPS of one group minus that of another over topics, columns `COLUMNS`.

    A key driver is a topic: what its features contribute together, under the name of its leading feature. Its
    points are the mean of its contributions in one group minus that in the other. The last row, `UNEXPLAINED`, is
    the rest of the difference between the estimates, so that all rows add up to that difference. Intervals come
    from refitted models (Student's t) and, if the customers are `sampled`, also cover the sampling of customers.
    They are NaN for the last row, which no refit shows, and if the refits explained hardly anybody in a group.
    Largest drivers first.

    Raises
    ------
    ValueError
        If a group is empty.
    """
    if not one.members.any() or not other.members.any():
        raise ValueError("a group must have customers; got none")
    lead = _leading(explanation, one, other)
    explanation, models = merge_by_topic(explanation), merge_refits_by_topic(models, explanation.topics)
    points = explanation.contributions
    means = points[one.members].mean() - points[other.members].mean()
    errors = _errors(explanation, one, other, models)
    if sampled:
        errors = np.hypot(errors, _errors_of_sampling(points, one, other))
    half_width = models.critical_value(confidence_level) * errors
    table = pd.DataFrame(
        {
            "driver": [lead[str(topic)][0] for topic in means.index],
            "words": [lead[str(topic)][1] for topic in means.index],
            "points": means.to_numpy(),
            "low": means.to_numpy() - half_width,
            "high": means.to_numpy() + half_width,
        }
    )
    order = np.argsort(-np.abs(table["points"].to_numpy()), kind="stable")
    rest: dict[str, Any] = {
        "driver": UNEXPLAINED,
        "words": UNEXPLAINED,
        "points": one.estimate - other.estimate - means.sum(),
    }
    return pd.concat([table.iloc[order], pd.DataFrame([rest])], ignore_index=True)[list(COLUMNS)]


def _leading(explanation: Explanation, one: Group, other: Group) -> dict[str, tuple[str, str]]:
    points = explanation.contributions
    return lead_features(points[one.members].mean() - points[other.members].mean(), explanation.topics)


def _errors(explanation: Explanation, one: Group, other: Group, models: RefitContributions) -> Floats:
    """Return standard errors in the order of the contributions; NaN for a column that no refit has."""
    members = [group.members if group.refitted is None else group.refitted for group in (one, other)]
    errors = dict(zip(models.columns, models.standard_errors(*members), strict=True))
    return np.array([errors.get(str(name), np.nan) for name in explanation.contributions])


def _errors_of_sampling(points: pd.DataFrame, one: Group, other: Group) -> Floats:
    parts = [points[group.members] for group in (one, other)]
    return np.asarray(np.sqrt(sum(part.var(ddof=0).to_numpy() / len(part) for part in parts)))
