"""What customers did, answered and were expected to answer, before and after a campaign."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from silentnps.bundle.bundle import Bundle, expected_nps, load_bundle
from silentnps.campaigns.outcomes import (
    AMOUNT,
    BEFORE,
    EARLIER,
    ENGAGEMENT,
    EXPECTED,
    ORDERS,
    RETURNS,
    SURVEYED,
    Measured,
    Outcome,
)
from silentnps.errors import ModelError
from silentnps.features.campaign.rows import answers_between, customers_by_id, population_at_moments
from silentnps.features.campaign.windows import Campaign, Span, Windows, events_in_windows
from silentnps.features.catalog import CATALOG
from silentnps.features.engine.build import build_features
from silentnps.features.engine.expressions import KEYS, Population, Tables
from silentnps.numerics.arrays import Floats
from silentnps.numerics.nps import CLASS_VALUES, class_of_rating
from silentnps.schema import MINOR_UNITS
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.watch import Watch

_N_WINDOWS = 3
_ASKED = {"responses", "invitations"}

_COUNTED: tuple[tuple[Outcome, str, str | None], ...] = (
    (ORDERS, "orders", None),
    (AMOUNT, "orders", "amount"),
    (RETURNS, "returns", None),
    (ENGAGEMENT, "engagement", None),
)

MOST_OF_A_GROUP = 50_000
"""Of larger groups a random sample is compared."""


@dataclass(frozen=True)
class Compared:
    """The customers who are compared, ordered by id: one row per customer with customer_id, treated, and earlier.

    `earlier` says who had been a customer for all three windows. The others were left out: `n_joined` treated
    customers who joined less than a window before the start, and all of those whom a sample of a large group lacks.
    """

    rows: pd.DataFrame
    n_joined: int
    n_sampled_out: int

    @property
    def ids(self) -> pd.Series:
        """Return their ids."""
        return self.rows["customer_id"]


def customers_to_compare(tables: Tables, campaign: Campaign, windows: Windows, *, random_state: int) -> Compared:
    """Return the customers who had joined a window before the start, or whose sign-up is unknown."""
    rows = customers_by_id(tables)
    rows["treated"] = rows["customer_id"].isin(campaign.customers)
    joined = rows["signed_up_at"] > windows.edges[BEFORE]
    rows["earlier"] = ~(rows["signed_up_at"] > windows.edges[EARLIER])
    base = rows.loc[~joined, ["customer_id", "treated", "earlier"]]
    kept = _sampled(base, np.random.default_rng(random_state))
    return Compared(kept.reset_index(drop=True), int((joined & rows["treated"]).sum()), len(base) - len(kept))


def _sampled(base: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    parts = []
    for side in (False, True):
        places = np.flatnonzero(base["treated"] == side)
        most = min(len(places), MOST_OF_A_GROUP)
        parts.append(places if most == len(places) else rng.choice(places, most, replace=False))
    return base.iloc[np.sort(np.concatenate(parts))]


def features_at(
    tables: Tables, compared: Compared, moments: Mapping[str, datetime], project: Project, watch: Watch
) -> dict[str, pd.DataFrame]:
    """Return the features of the customers at each moment, without keys, one row per customer in their order."""
    population = population_at_moments(tables, compared.rows[["customer_id"]], moments)
    frame = build_features(
        tables,
        population,
        exclude=project.config.features.exclude,
        progress=lambda name: watch.step(f"features of {name}"),
    )
    return {name: _in_order(frame[frame["wave"] == name], compared) for name in moments}


def _in_order(frame: pd.DataFrame, compared: Compared) -> pd.DataFrame:
    ordered = frame.set_index("customer_id").reindex(compared.ids)
    return ordered.drop(columns=list(KEYS), errors="ignore").reset_index(drop=True)


def of_surveys(names: Iterable[str]) -> tuple[str, ...]:
    """Return which features know of answers and invitations."""
    return tuple(name for name in names if name in CATALOG and _ASKED & set(CATALOG[name].tables))


def counted_outcomes(tables: Tables, compared: Compared, windows: Windows, span: Span) -> list[Measured]:
    """Return the outcomes that are counted from events, of tables that reach back over the window before."""
    found = []
    for outcome, name, value in _COUNTED:
        if name in span.of and span.reaches(name, windows, BEFORE):
            sums = events_in_windows(tables, name, windows, value).to_pandas().set_index("customer_id")
            values = sums.reindex(compared.ids)[["w0", "w1", "w2"]].fillna(0).to_numpy(dtype=np.float64)
            scale = MINOR_UNITS if value else 1
            found.append(Measured(outcome, values / scale, has_earlier=span.reaches(name, windows, EARLIER)))
    return found


def surveyed_nps(population: Population, compared: Compared, windows: Windows) -> Measured | None:
    """Return what each customer's last answer in a window counts for, in points; None if nobody answered in them.

    The window of an answer is that of its invitation. A population without answers gives None.
    """
    answers = answers_between(population, windows.edges[0], windows.edges[-1])
    answers = answers[answers["customer_id"].isin(compared.ids)]
    if answers.empty:
        return None
    edges = np.array(windows.edges, dtype="datetime64[us]")
    window = np.searchsorted(edges, answers["as_of"].to_numpy(dtype="datetime64[us]"), side="right") - 1
    place = pd.Index(compared.ids).get_indexer(answers["customer_id"])
    values = np.zeros((len(compared.ids), _N_WINDOWS))
    values[place, window] = CLASS_VALUES[class_of_rating(answers["rating"].to_numpy(dtype=np.float64))]
    answered = np.zeros(values.shape, dtype=np.bool_)
    answered[place, window] = True
    return Measured(SURVEYED, values, answered)


def expected_outcome(project: Project, features: Mapping[str, pd.DataFrame], watch: Watch) -> Measured | None:
    """Return the NPS that the model in use expects of each customer in each window; None without a model.

    A score is known at a moment: at the end of the first window, at the start, and at the end of the last.
    """
    watch.step("scoring before and after")
    try:
        bundle = load_bundle(project.model)
        scores = [_scores(bundle, features[name]) for name in ("before", "start", "after")]
    except ModelError as error:
        watch.say(f"expected NPS is left out: {error}")
        return None
    return Measured(EXPECTED, np.column_stack(scores))


def _scores(bundle: Bundle, features: pd.DataFrame) -> Floats:
    complete = bundle.complete(features)
    return expected_nps(bundle.silent_probabilities(complete, np.ones(len(complete), dtype=np.bool_)))
