"""Support cases, messages of associates, and referrals."""

from __future__ import annotations

import numpy as np

from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.simulation.customers import Customers
from silentnps.simulation.orders import FAULTY_FROM
from silentnps.simulation.rows import Rows, arrivals, choose, known, select, sigmoid
from silentnps.simulation.satisfaction import Shocks, join_shocks, shocks_of
from silentnps.simulation.timeline import END, STEP

CASE_CATEGORIES = ("complaint", "question")
OUTREACH_CHANNELS = ("sms", "chat", "video", "email", "call", "appointment")
ASSOCIATES = tuple(f"associate-{number:03d}" for number in range(1, 121))

_COMPLAINT, _QUESTION = 0, 1
_REPLY_LOGIT = np.array([-0.2, 0.1, -0.4, -0.9, 0.3, 0.2])
_SLOW_DAYS = 2.0
_PATIENCE_DAYS = 10.0


def draw_cases(rng: np.random.Generator, customers: Customers, orders: Rows, returns: Rows, start: float) -> Rows:
    """Draw the support cases of one step: complaints about late orders and returns, and other cases."""
    days_late = orders["delivered_at"] - orders["promised_at"]
    late_by, late_at = _complainers(rng, orders["customer_id"], orders["delivered_at"], days_late > 0, 0.25)
    faulty = returns["reason"] >= FAULTY_FROM
    back_by, back_at = _complainers(rng, returns["customer_id"], returns["returned_at"], faulty, 0.3)
    other_by, other_at = arrivals(rng, np.full(customers.n, STEP * 1.6 / END), start, STEP)
    customer = np.concatenate((late_by, back_by, other_by))
    opened = np.concatenate((late_at, back_at, other_at))
    category = np.where(rng.random(len(customer)) < 0.55, _QUESTION, _COMPLAINT)
    category[: len(late_by) + len(back_by)] = _COMPLAINT
    keep = (opened < END) & (opened > customers.signed_up[customer])
    return _treat(rng, select({"customer_id": customer, "opened_at": opened, "category": category}, keep))


def _complainers(
    rng: np.random.Generator, customer: Integers, day: Floats, reason: Booleans, share: float
) -> tuple[Integers, Floats]:
    n = len(customer)
    opened = day + 0.05 + rng.exponential(2.0, n)
    complains = reason & (rng.random(n) < share)
    return customer[complains], opened[complains]


def _treat(rng: np.random.Generator, cases: Rows) -> Rows:
    n, opened = len(cases["opened_at"]), cases["opened_at"]
    first_response = opened + np.exp(0.1 + 1.1 * rng.standard_normal(n)) + 0.02
    slow = first_response - opened > _SLOW_DAYS
    closed = first_response + 0.05 + rng.exponential(2.5, n)
    solved = rng.random(n) < np.where(slow, 0.75, 0.93)
    return cases | {
        "first_response_at": known(first_response, END),
        "closed_at": known(np.where(solved, closed, np.nan), END),
        "escalated": rng.random(n) < np.where(slow, 0.25, 0.06),
    }


def case_shocks(cases: Rows) -> Shocks:
    """Return the effect of complaints on satisfaction: small at first, larger if slow or unresolved."""
    customer, opened = cases["customer_id"], cases["opened_at"]
    complaint = cases["category"] == _COMPLAINT
    slow = complaint & ~(cases["first_response_at"] - opened <= _SLOW_DAYS)
    unresolved = complaint & ~(cases["closed_at"] - opened <= _PATIENCE_DAYS)
    n = len(opened)
    return join_shocks(
        (
            shocks_of(customer, opened, np.full(n, -0.4), complaint),
            shocks_of(customer, opened + _SLOW_DAYS, np.full(n, -0.5), slow),
            shocks_of(customer, opened + _PATIENCE_DAYS, np.full(n, -0.6), unresolved),
        )
    )


def draw_outreach(rng: np.random.Generator, customers: Customers, satisfaction: Floats, start: float) -> Rows:
    """Draw the messages of associates in one step, and the replies; satisfied customers reply more often."""
    expected = np.where(customers.opted_out, 0.0, STEP * (5.0 + 2.0 * customers.tier) / END)
    customer, sent = arrivals(rng, expected, start, STEP)
    member = sent > customers.signed_up[customer]
    customer, sent = customer[member], sent[member]
    n = len(customer)
    channel = choose(rng, n, (0.3, 0.15, 0.05, 0.35, 0.1, 0.05))
    replies = rng.random(n) < sigmoid(_REPLY_LOGIT[channel] + 0.8 * satisfaction[customer] + 0.4)
    replied = np.where(replies, sent + 0.01 + rng.exponential(1.0, n), np.nan)
    return {
        "customer_id": customer,
        "sent_at": sent,
        "channel": channel,
        "replied_at": known(replied, END),
        "associate_id": rng.integers(0, len(ASSOCIATES), n),
    }


def draw_referrals(rng: np.random.Generator, customers: Customers, satisfaction: Floats, start: float) -> Rows:
    """Draw the referrals of one step; satisfied customers refer more."""
    expected = STEP * 0.7 / END * np.exp(0.8 * np.clip(satisfaction, -3.0, 2.0))
    customer, referred = arrivals(rng, expected, start, STEP)
    member = referred > customers.signed_up[customer]
    customer, referred = customer[member], referred[member]
    converts = rng.random(len(customer)) < 0.35
    converted = np.where(converts, referred + 0.1 + rng.exponential(12.0, len(customer)), np.nan)
    return {"customer_id": customer, "referred_at": referred, "converted_at": known(converted, END)}
