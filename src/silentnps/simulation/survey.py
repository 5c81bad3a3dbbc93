"""The survey: who is invited, how they would rate, and who answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.simulation.customers import Customers, tenure_score
from silentnps.simulation.events import History
from silentnps.simulation.planted import PLANTED_START, Planted
from silentnps.simulation.rows import Rows, choose, select, sigmoid
from silentnps.simulation.satisfaction import class_of, rate_with, satisfaction_at
from silentnps.simulation.timeline import WAVES, WINDOW, Wave

SURVEY_CHANNELS = ("email", "sms")
SURVEY_TYPES = ("relational",)
SURVEY_IDS = tuple(wave.survey_id for wave in WAVES)
WAVE_LABELS = tuple(wave.label for wave in WAVES)
COMMENTS = (
    "Too many problems with my orders.",
    "I had to ask twice for help.",
    "Fine, nothing special.",
    "Good range, delivery could be faster.",
    "Always a pleasure.",
    "Quick and friendly.",
)

_TIER_EFFECT = np.array([0.0, 0.35, 0.8])
_ENGAGEMENT_DAYS = 180.0
_ANSWER_DAYS = 14.0
_ANSWER_MEAN = 3.0
_REMINDER_DAYS = (5.0, 10.0)


@dataclass(frozen=True)
class Panel:
    """The base of one wave, one entry per customer.

    `customer` is the position in the chunk, `moment` the day of the invitation, or the middle of the window for
    customers who were not invited. Customers with `u` below their probability answer. `rating_without` is the one
    that a customer would give without the planted campaign.
    """

    wave: int
    customer: Integers
    invited: Booleans
    moment: Floats
    satisfaction: Floats
    rating: Integers
    rating_without: Integers
    response_drivers: Floats
    u: Floats


def draw_panel(
    rng: np.random.Generator, customers: Customers, history: History, wave: int, planted: Planted | None = None
) -> Panel:
    """Draw the invitations of a wave, and the ratings that everybody in the base would give."""
    invited = _draw_invited(rng, customers, WAVES[wave])
    jitter = rng.uniform(0.0, WINDOW, customers.n)
    moment = WAVES[wave].start + np.where(invited, jitter, WINDOW / 2)
    without = satisfaction_at(customers, history.shocks, moment)
    satisfaction = (
        without if planted is None else without + np.where(moment >= PLANTED_START, planted.satisfaction, 0.0)
    )
    noise, u = rng.standard_normal(customers.n), rng.random(customers.n)
    rating, rating_without = rate_with(satisfaction, noise), rate_with(without, noise)
    response_drivers = _response_drivers(customers, history, moment)
    base = np.flatnonzero(customers.signed_up < WAVES[wave].start)
    return Panel(
        wave=wave,
        customer=base,
        invited=invited[base],
        moment=moment[base],
        satisfaction=satisfaction[base],
        rating=rating[base],
        rating_without=rating_without[base],
        response_drivers=response_drivers[base],
        u=u[base],
    )


def _draw_invited(rng: np.random.Generator, customers: Customers, wave: Wave) -> Booleans:
    tenure = tenure_score(wave.start - customers.signed_up)
    invited = rng.random(customers.n) < sigmoid(1.9 + 0.4 * tenure + 0.3 * customers.tier)
    return invited & ~customers.opted_out & (customers.signed_up < wave.start)


def _response_drivers(customers: Customers, history: History, moment: Floats) -> Floats:
    """Return the effect of tenure, engagement and tier on the log-odds of answering, known at the invitation."""
    customer, day = history.tables["engagement"]["customer_id"], history.tables["engagement"]["occurred_at"]
    recent = (day < moment[customer]) & (day >= moment[customer] - _ENGAGEMENT_DAYS)
    engagement = np.log1p(np.bincount(customer[recent], minlength=customers.n))
    tenure = tenure_score(moment - customers.signed_up)
    response_drivers: Floats = 0.7 * tenure + 0.5 * (engagement - 1.1) + _TIER_EFFECT[customers.tier]
    return response_drivers


def answer_logit(panel: Panel, *, answer_by_satisfaction: float, answer_by_behaviour: float) -> Floats:
    """Return the log-odds of answering, up to the intercept: response_drivers, and one step for each class."""
    return answer_by_behaviour * panel.response_drivers + answer_by_satisfaction * (class_of(panel.rating) - 1.0)


def intercept_for(logit: Floats, response_rate: float) -> float:
    """Find by bisection the intercept at which the mean probability is `response_rate`."""
    low, high = -60.0, 60.0
    for _ in range(80):
        middle = (low + high) / 2
        if float(sigmoid(middle + logit).mean()) < response_rate:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def draw_answers(rng: np.random.Generator, panel: Panel, probability: Floats) -> dict[str, Rows]:
    """Draw the rows of the tables invitations, responses and truth of a wave."""
    n = len(panel.customer)
    answered = panel.invited & (panel.u < probability)
    share = -np.expm1(-_ANSWER_DAYS / _ANSWER_MEAN)
    delay = 0.002 + -_ANSWER_MEAN * np.log1p(-0.99 * share * rng.random(n))
    sent = {
        "customer_id": panel.customer,
        "invited_at": panel.moment,
        "survey_id": np.full(n, panel.wave),
        "channel": choose(rng, n, (0.8, 0.2)),
    }
    reminders = np.searchsorted(_REMINDER_DAYS, np.where(answered, delay, np.inf))
    answers = {
        "responded_at": panel.moment + delay,
        "rating": panel.rating,
        "survey_type": np.zeros(n, dtype=np.int64),
        "comment": _draw_comments(rng, panel),
    }
    return {
        "invitations": select(sent | {"reminders": reminders}, panel.invited),
        "responses": select(sent | answers, answered),
        "truth": _truth(panel, answered),
    }


def nps_effect(panel: Panel, n: int) -> Floats:
    """Return what the planted campaign changed in what each of `n` customers' rating counts for, in points."""
    effect = np.zeros(n)
    effect[panel.customer] = 100.0 * (class_of(panel.rating) - class_of(panel.rating_without))
    return effect


def _draw_comments(rng: np.random.Generator, panel: Panel) -> Integers:
    n = len(panel.customer)
    comment = 2 * class_of(panel.rating) + rng.integers(0, 2, n)
    return np.where(rng.random(n) < 0.3, comment, -1)


def _truth(panel: Panel, answered: Booleans) -> Rows:
    return {
        "customer_id": panel.customer,
        "wave": np.full(len(panel.customer), panel.wave),
        "nps_class": class_of(panel.rating),
        "satisfaction": panel.satisfaction,
        "invited": panel.invited,
        "answered": answered,
    }
