"""The survey answers, each with the invitation it responds to."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from silentnps.data.checking.versions import SUPERSEDED_AT
from silentnps.errors import ConfigError
from silentnps.schema import KNOWN_AT

RATINGS = ("csat", "ces")
"""Columns with other ratings than `rating`; their direction must be declared."""


def directed(tables: Mapping[str, ir.Table], higher_is_better: Mapping[str, bool]) -> dict[str, ir.Table]:
    """Return the tables with the CSAT and CES of the answers turned so that higher is better.

    Raises
    ------
    ConfigError
        If a rating has no declared direction: scales of both directions are in use.

    Examples
    --------
    >>> answers = ibis.memtable({"customer_id": ["a"], "rating": [9], "ces": [2]})
    >>> directed({"responses": answers}, {"ces": False})["responses"].to_pandas()
      customer_id  rating  ces
    0           a       9   -2
    """
    if "responses" not in tables:
        return dict(tables)
    answers = tables["responses"]
    other_ratings = [name for name in RATINGS if name in answers.columns]
    for name in other_ratings:
        if name not in higher_is_better:
            raise ConfigError(
                f"features.higher_is_better must say the direction of responses.{name}; got nothing. "
                f"Add `higher_is_better: {{{name}: true}}`, or false where 1 is best."
            )
    turned = {name: answers[name] if higher_is_better[name] else -answers[name] for name in other_ratings}
    return {**tables, "responses": answers.mutate(**turned)}


def asked_answers(tables: Mapping[str, ir.Table]) -> ir.Table:
    """Return the valid answers, each with the moment of its invitation.

    Columns: customer_id, responded_at, rating, those of `RATINGS` and of `with_versions` that the answers have, and
    invited_at (null where no invitation is known).

    The invitation is the one that the answer itself records, otherwise the customer's latest invitation at or
    before the answer. Where any answer is relational according to its `survey_type`, the others do not count: a
    transactional survey asks about one contact, not about the relationship.
    """
    answers = relational_answers(tables["responses"])
    answers = answers.filter(answers.rating.between(0, 10), answers.responded_at.notnull())
    recorded = answers.invited_at if "invited_at" in answers.columns else ibis.null("timestamp")
    answers = answers.select(
        "customer_id",
        responded_at=answers.responded_at.cast("timestamp"),
        rating=answers.rating.cast("int64"),
        recorded_at=recorded.cast("timestamp"),
        **{name: answers[name] for name in (*RATINGS, KNOWN_AT, SUPERSEDED_AT) if name in answers.columns},
    )
    rows = _with_latest_invitation(answers, tables.get("invitations"))
    plausible = (rows.recorded_at <= rows.responded_at).ifelse(rows.recorded_at, ibis.null("timestamp"))
    return rows.mutate(invited_at=plausible.coalesce(rows.latest_at)).drop("recorded_at", "latest_at")


def relational_answers(responses: ir.Table) -> ir.Table:
    """Return the relational answers if any are marked as such in `survey_type`, otherwise all answers."""
    if "survey_type" not in responses.columns:
        return responses
    relational = responses.filter(responses.survey_type.strip().lower() == "relational")
    return relational if relational.count().execute() else responses


def _with_latest_invitation(answers: ir.Table, invitations: ir.Table | None) -> ir.Table:
    if invitations is None:
        return answers.mutate(latest_at=ibis.null("timestamp"))
    moments = answers.select("customer_id", "responded_at").distinct()
    invitations = invitations.select("customer_id", latest_at=invitations.invited_at.cast("timestamp"))
    pairs = moments.join(invitations, "customer_id")
    latest = (
        pairs.filter(pairs.latest_at <= pairs.responded_at)
        .group_by(["customer_id", "responded_at"])
        .aggregate(lambda t: t.latest_at.max().name("latest_at"))
    )
    joined = answers.left_join(latest, ["customer_id", "responded_at"])
    return joined.select(*answers.columns, "latest_at")
