"""The survey answers, each with the invitation that it answers."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from silentnps.data.checking.versions import SUPERSEDED_AT
from silentnps.errors import ConfigError
from silentnps.schema import KNOWN_AT

RATINGS = ("csat", "ces")
"""Columns of other ratings beside `rating`, whose direction must be declared."""


def directed(tables: Mapping[str, ir.Table], higher_is_better: Mapping[str, bool]) -> dict[str, ir.Table]:
    """Return the tables with CSAT and CES of the answers turned so that more is better.

    Raises
    ------
    ConfigError
        If a rating has no declared direction: scales of both directions are in use.
    """
    if "responses" not in tables:
        return dict(tables)
    answers = tables["responses"]
    there = [name for name in RATINGS if name in answers.columns]
    for name in there:
        if name not in higher_is_better:
            raise ConfigError(
                f"features.higher_is_better must say the direction of responses.{name}; got nothing. "
                f"Add `higher_is_better: {{{name}: true}}`, or false where 1 is best."
            )
    turned = {name: answers[name] if higher_is_better[name] else -answers[name] for name in there}
    return {**tables, "responses": answers.mutate(**turned)}


def asked_answers(tables: Mapping[str, ir.Table]) -> ir.Table:
    """Return valid answers: customer_id, responded_at, rating, RATINGS, invited_at (null when none is known).

    The columns of `with_versions` stay where the answers have them.

    The invitation is the one that the answer itself records, else the customer's latest at or before the answer.
    Where any answer is relational by its `survey_type`, the others do not count: a transactional survey asks about
    one contact, not about the relation.
    """
    answers = relational_answers(tables["responses"])
    answers = answers.filter(answers.rating.between(0, 10), answers.responded_at.notnull())
    own = answers.invited_at if "invited_at" in answers.columns else ibis.null("timestamp")
    answers = answers.select(
        "customer_id",
        responded_at=answers.responded_at.cast("timestamp"),
        rating=answers.rating.cast("int64"),
        own_at=own.cast("timestamp"),
        **{name: answers[name] for name in (*RATINGS, KNOWN_AT, SUPERSEDED_AT) if name in answers.columns},
    )
    found = _latest_invitation(answers, tables.get("invitations"))
    recorded = (found.own_at <= found.responded_at).ifelse(found.own_at, ibis.null("timestamp"))
    return found.mutate(invited_at=recorded.coalesce(found.found_at)).drop("own_at", "found_at")


def relational_answers(responses: ir.Table) -> ir.Table:
    """Return the relational answers where any is said to be, else all of them."""
    if "survey_type" not in responses.columns:
        return responses
    relational = responses.filter(responses.survey_type.strip().lower() == "relational")
    return relational if relational.count().execute() else responses


def _latest_invitation(answers: ir.Table, invitations: ir.Table | None) -> ir.Table:
    if invitations is None:
        return answers.mutate(found_at=ibis.null("timestamp"))
    moments = answers.select("customer_id", "responded_at").distinct()
    invitations = invitations.select("customer_id", found_at=invitations.invited_at.cast("timestamp"))
    pairs = moments.join(invitations, "customer_id")
    latest = (
        pairs.filter(pairs.found_at <= pairs.responded_at)
        .group_by(["customer_id", "responded_at"])
        .aggregate(lambda t: t.found_at.max().name("found_at"))
    )
    joined = answers.left_join(latest, ["customer_id", "responded_at"])
    return joined.select(*answers.columns, "found_at")
