"""Features of earlier survey answers.

Only answers of earlier waves count. An answer of the same wave would tell a respondent from a silent customer, and
nobody has one while the wave's silence is being decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import ibis.expr.types as ir

from silentnps.data.checking.versions import SUPERSEDED_AT
from silentnps.features.catalog import feature
from silentnps.features.population.survey_answers import RATINGS, asked_answers
from silentnps.features.windows import SECONDS_PER_DAY, share
from silentnps.schema import KNOWN_AT

_answers = partial(feature, "responses", family="previous answers", role="response driver")


def with_asked_at(tables: Mapping[str, ir.Table]) -> ir.Table:
    """Return the answers and when they were asked for; one row per customer and moment (and version)."""
    answers = asked_answers(tables)
    present = [name for name in (*RATINGS, KNOWN_AT, SUPERSEDED_AT) if name in answers.columns]
    asked_at = answers.invited_at.coalesce(answers.responded_at)
    return answers.select("customer_id", "responded_at", "rating", *present, asked_at=asked_at)


def _earlier_wave(events: ir.Table) -> ir.BooleanValue:
    return events.asked_at < events.wave_starts_at


@_answers(unit="rating", columns=("rating",), words="previous rating")
def responses_previous_rating(events: ir.Table) -> ir.Value:
    """Rating (0-10) of the latest answer before as_of that belongs to an earlier wave."""
    return events.rating.argmax(events.responded_at, where=_earlier_wave(events))


@_answers(unit="answers", empty=0, words="previous answers")
def responses_previous_count(events: ir.Table) -> ir.Value:
    """Answers before as_of that belong to earlier waves."""
    return events.count(where=_earlier_wave(events))


@_answers(unit="days", words="days since the previous answer")
def responses_days_since_previous(events: ir.Table) -> ir.Value:
    """Days from the latest answer of an earlier wave to as_of."""
    return events.seconds_ago.min(where=_earlier_wave(events)) / SECONDS_PER_DAY


@_answers(role="neither", unit="rating", columns=("rating",), words="average of the previous ratings")
def responses_previous_mean(events: ir.Table) -> ir.Value:
    """Mean rating (0-10) of the answers before as_of that belong to earlier waves."""
    earlier = _earlier_wave(events)
    return events.rating.sum(where=earlier) / events.rating.count(where=earlier)


def _latest(events: ir.Table, column: str) -> ir.Value:
    in_earlier_wave = _earlier_wave(events) & events[column].notnull()
    return events[column].argmax(events.responded_at, where=in_earlier_wave)


@_answers(role="neither", unit="rating", columns=("csat",), words="previous satisfaction (CSAT)")
def responses_previous_csat(events: ir.Table) -> ir.Value:
    """Latest CSAT given before as_of in an earlier wave, turned so that higher is better."""
    return _latest(events, "csat")


@_answers(role="neither", unit="rating", columns=("ces",), words="previous ease (CES)")
def responses_previous_ces(events: ir.Table) -> ir.Value:
    """Latest CES given before as_of in an earlier wave, turned so that higher is better."""
    return _latest(events, "ces")


@feature(
    "responses",
    "invitations",
    family="previous answers",
    role="response driver",
    unit="ratio",
    inputs=("responses_previous_count", "invitations_previous_count"),
    words="share of previous invitations that were answered",
)
def responses_previous_answer_share(built: ir.Table) -> ir.Value:
    """Answers over invitations, both of earlier waves; above 1 where answers came without an invitation."""
    return share(built.responses_previous_count, built.invitations_previous_count)
