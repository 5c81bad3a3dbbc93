"""Why one group of customers differs from another in NPS: the difference shared out over drivers, with a rest."""

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
"""The row of what the estimates differ by beyond the scores."""

COLUMNS = ("driver", "words", "points", "low", "high")


@dataclass(frozen=True)
class Group:
    """Some of the customers that were explained: who they are, and the estimate of their NPS in points.

    `estimate` may be NaN: then nothing is said of what features do not explain. `refitted` says which of the
    customers that the refits explained belong to it; `members` again, if these are the same customers.
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
    """Share out by how much the NPS of one group is above that of another, columns `COLUMNS`.

    A driver is a topic: what its features contribute together, under the name of the one that leads it. It has the
    mean of its contributions in one group less that in the other; the last row,
    `UNEXPLAINED`, is what the estimates differ by beyond that, so that all rows sum to the difference of the
    estimates. Intervals are of refitted models (Student's t), and where the customers are `sampled` of the draw of
    customers too; NaN for the last row, which no refit shows, and where hardly anybody of a group was explained by
    the refits. The largest drivers first.

    Raises
    ------
    ValueError
        If a group is empty.
    """
    if not one.members.any() or not other.members.any():
        raise ValueError("a group must have customers; got none")
    named = _leading(explanation, one, other)
    explanation, models = merge_by_topic(explanation), merge_refits_by_topic(models, explanation.topics)
    points = explanation.contributions
    means = points[one.members].mean() - points[other.members].mean()
    errors = _errors(explanation, one, other, models)
    if sampled:
        errors = np.hypot(errors, _errors_of_sampling(points, one, other))
    reach = models.reach(confidence_level) * errors
    table = pd.DataFrame(
        {
            "driver": [named[str(topic)][0] for topic in means.index],
            "words": [named[str(topic)][1] for topic in means.index],
            "points": means.to_numpy(),
            "low": means.to_numpy() - reach,
            "high": means.to_numpy() + reach,
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
    """Return standard errors in the order of the contributions; NaN of what no refit has."""
    mine = [each.members if each.refitted is None else each.refitted for each in (one, other)]
    found = dict(zip(models.columns, models.standard_errors(*mine), strict=True))
    return np.array([found.get(str(name), np.nan) for name in explanation.contributions])


def _errors_of_sampling(points: pd.DataFrame, one: Group, other: Group) -> Floats:
    parts = [points[each.members] for each in (one, other)]
    return np.asarray(np.sqrt(sum(part.var(ddof=0).to_numpy() / len(part) for part in parts)))
