"""The survey answers, each with the invitation that it answers."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir


def asked_answers(tables: Mapping[str, ir.Table]) -> ir.Table:
    """Return valid answers: customer_id, responded_at, rating, invited_at (null when no invitation is recorded).

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
    )
    found = _latest_invitation(answers, tables.get("invitations"))
    recorded = (found.own_at <= found.responded_at).ifelse(found.own_at, ibis.null("timestamp"))
    return found.select("customer_id", "responded_at", "rating", invited_at=recorded.coalesce(found.found_at))


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
    return joined.select("customer_id", "responded_at", "rating", "own_at", "found_at")
