"""Simulate a retailer: every canonical table, and the true class of every customer in every wave.

Late deliveries, returns and complaints lower satisfaction for some months. Satisfaction drives repeat orders,
replies, referrals and the rating. Who answers depends on tenure, engagement and tier, and, with a strength that the
caller chooses, on satisfaction itself; bad experiences affect answering only through satisfaction.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from silentnps.errors import ConfigError
from silentnps.numerics.arrays import Floats
from silentnps.simulation.customers import Customers, draw_customers
from silentnps.simulation.events import History, draw_history
from silentnps.simulation.planted import Effect, Planted, plant, truth_rows
from silentnps.simulation.planted_changes import Changes, plant_changes
from silentnps.simulation.rows import Rows, sigmoid, stack
from silentnps.simulation.satisfaction import check_shift
from silentnps.simulation.survey import (
    Panel,
    answer_logit,
    draw_answers,
    draw_panel,
    intercept_for,
    nps_effect,
)
from silentnps.simulation.timeline import WAVES
from silentnps.simulation.write import TRUTH_OF_CAMPAIGN, number_ids, table_writers, to_arrow

_CHUNK = 50_000
"""Customers simulated at a time; another size draws other customers."""

_MIN_CUSTOMERS = 100
_MAX_STRENGTH = 5.0
_MAX_ORDERS = 10.0


@dataclass(frozen=True)
class _Answering:
    """What determines who answers; the fields are the options of `simulate`."""

    answer_by_satisfaction: float
    answer_by_behaviour: float
    response_rate: float


@dataclass(frozen=True)
class _Chunk:
    customers: Customers
    history: History
    panels: list[Panel]
    rng: np.random.Generator
    planted: Planted | None


def simulate(
    directory: Path,
    *,
    customers: int = 20_000,
    seed: int = 0,
    answer_by_satisfaction: float = 0.5,
    answer_by_behaviour: float = 1.0,
    response_rate: float = 0.15,
    campaign_satisfaction: float = 0.0,
    campaign_orders: float = 0.0,
    store_satisfaction: float = 0.0,
    late_share: float = 0.0,
    acted: pd.DataFrame | None = None,
    action_satisfaction: float = 0.0,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Write a simulated retailer to `<directory>/<table>.parquet`: the canonical tables, and `truth`.

    Orders, returns, cases, outreach, referrals and engagement run from 2024-01-01 to 2025-12-31, and so continue
    after each of the four waves, 2025-Q1 to 2025-Q4. Equal arguments give equal bytes. Existing files of the same
    names are replaced together, once every table is complete.

    Parameters
    ----------
    customers
        Size of the base, 100 or more. Some of them sign up between the waves.
    answer_by_satisfaction
        Change of the log-odds of answering per class step, from detractor to passive to promoter. With 0,
        answers are missing at random given tenure, engagement and tier.
    answer_by_behaviour
        Strength of the effects of tenure, engagement and tier on the log-odds of answering. With 0 for both
        strengths, answers of the invited are missing completely at random.
    response_rate
        Mean probability of answering among the invited of each wave.
    campaign_satisfaction, campaign_orders
        Effects of a campaign named "planted", which starts on 2025-10-01: what it adds to the satisfaction of a
        customer who gets it, from then on, and to the mean number of orders in 90 days. With 0 for both there is no
        such campaign.
    store_satisfaction
        What an order in one of six stores (the first of each region: store-01, store-06, ...) adds to satisfaction
        on its day; like every experience it fades, half of it within 90 days.
    late_share
        Share of the parcels ordered in the three months before the last wave that a new carrier brings late though
        they would have been on time.
    acted, action_satisfaction
        Actions of a team, columns customer_id and done_at (with a time zone), and what one adds to satisfaction
        when it is done; it fades too. Customers, and all that happens before the actions, are those of the same
        seed without them.
    progress
        Called with the number of customers done so far.

    Raises
    ------
    ConfigError
        If an argument is out of its range, or the directory cannot be made or written.

    Notes
    -----
    `truth.parquet` has one row per wave and customer who signed up before it: customer_id, wave, nps_class,
    satisfaction (latent, at the invitation), invited, answered. The response rate is tuned on the first 50,000
    customers and kept for the rest.

    With a planted campaign there is `truth_of_campaign.parquet`, one row per customer: customer_id, treated,
    probability (of getting it; it depends on tenure, tier and region), satisfaction_effect, nps_effect (-200 to
    200: what the rating in the last wave counts for with the campaign, minus without) and orders_effect (orders
    that it brought).

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     simulate(Path(folder), customers=100, seed=1)
    ...     names = sorted(path.stem for path in Path(folder).iterdir())
    >>> names[:3], "truth" in names
    (['campaigns', 'customers', 'engagement'], True)
    """
    answering = _Answering(answer_by_satisfaction, answer_by_behaviour, response_rate)
    effect = Effect(campaign_satisfaction, campaign_orders)
    changes = Changes(store_satisfaction, late_share, action_satisfaction=action_satisfaction)
    changes = changes if acted is None else replace(changes, acted=acted)
    _check(customers, seed, answering)
    _check_effect(effect)
    changes.check()
    planted = effect != Effect(0.0, 0.0)
    intercepts: list[float] = []
    width = max(7, len(str(customers)))
    with table_writers(directory, planted=planted) as writers:
        for chunk in _draw_chunks(customers, seed, effect if planted else None, changes):
            intercepts = intercepts or [_intercept(panel, answering) for panel in chunk.panels]
            ids = number_ids("c", chunk.customers.first + np.arange(chunk.customers.n), width)
            for name, rows in _tables(chunk, answering, intercepts).items():
                writers[name].write_table(to_arrow(name, rows, ids))
            if progress is not None:
                progress(chunk.customers.first + chunk.customers.n - 1)


def _check(customers: int, seed: int, answering: _Answering) -> None:
    if customers < _MIN_CUSTOMERS:
        raise ConfigError(f"customers must be {_MIN_CUSTOMERS} or more; got {customers}. Ask for a larger base.")
    if seed < 0:
        raise ConfigError(f"seed must be 0 or more; got {seed}. Pass any whole number from 0 on.")
    if not 0 < answering.response_rate < 1:
        raise ConfigError(
            f"response_rate must be between 0 and 1; got {answering.response_rate}. Pass a share such as 0.15."
        )
    for name in ("answer_by_satisfaction", "answer_by_behaviour"):
        strength = getattr(answering, name)
        if not math.isfinite(strength) or abs(strength) > _MAX_STRENGTH:
            raise ConfigError(
                f"{name} must be from -{_MAX_STRENGTH:g} to {_MAX_STRENGTH:g}; got {strength}. "
                "Pass a change of log-odds such as 0.5."
            )


def _check_effect(effect: Effect) -> None:
    check_shift("campaign_satisfaction", effect.satisfaction)
    if not 0.0 <= effect.orders <= _MAX_ORDERS:
        raise ConfigError(
            f"campaign_orders must be from 0 to {_MAX_ORDERS:g}; got {effect.orders}. "
            "Pass a mean number of orders such as 0.2."
        )


def _draw_chunks(customers: int, seed: int, effect: Effect | None, changes: Changes) -> Iterator[_Chunk]:
    first_order = 1
    firsts = range(1, customers + 1, _CHUNK)
    for first, sequence in zip(firsts, np.random.SeedSequence(seed).spawn(len(firsts)), strict=True):
        # Streams apart, so that options of answering, and a campaign, do not change customers and histories.
        who, what, survey, campaign, changed = (np.random.default_rng(child) for child in sequence.spawn(5))
        people = draw_customers(who, first, min(_CHUNK, customers - first + 1))
        history = draw_history(what, people, first_order)
        first_order += len(history.tables["orders"]["order_id"])
        planted = None
        if effect is not None:
            planted, history = plant(campaign, people, history, first_order, effect)
            first_order += int(planted.orders.sum())
        history = plant_changes(changed, people, history, changes, first)
        panels = [draw_panel(survey, people, history, wave, planted) for wave in range(len(WAVES))]
        yield _Chunk(people, history, panels, survey, planted)


def _logit(panel: Panel, answering: _Answering) -> Floats:
    return answer_logit(
        panel,
        answer_by_satisfaction=answering.answer_by_satisfaction,
        answer_by_behaviour=answering.answer_by_behaviour,
    )


def _intercept(panel: Panel, answering: _Answering) -> float:
    return intercept_for(_logit(panel, answering)[panel.invited], answering.response_rate)


def _tables(chunk: _Chunk, answering: _Answering, intercepts: list[float]) -> dict[str, Rows]:
    waves = [
        draw_answers(chunk.rng, panel, sigmoid(intercept + _logit(panel, answering)))
        for panel, intercept in zip(chunk.panels, intercepts, strict=True)
    ]
    survey = {name: stack([wave[name] for wave in waves]) for name in waves[0]}
    tables = {"customers": chunk.customers.rows, **chunk.history.tables, **survey}
    if chunk.planted is not None:
        tables[TRUTH_OF_CAMPAIGN] = truth_rows(chunk.planted, nps_effect(chunk.panels[-1], chunk.customers.n))
    return tables
