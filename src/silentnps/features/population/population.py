"""The population: who was in the base in each survey wave, as of which moment, and whether they answered.

Respondents and silent customers of a wave are described as of the same moments; otherwise recency alone would tell
them apart. Features use only what happened strictly before `as_of`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import ibis
import ibis.expr.types as ir
from ibis.util import gen_name

from silentnps.config import WavesConfig
from silentnps.data.checking.ties import last_of_moment
from silentnps.features.population.local_time import naive_utc
from silentnps.features.population.wave_assignment import PERSON_WAVE, answers_and_invitations
from silentnps.features.population.waves import wave_label


def build_population(tables: Mapping[str, ir.Table], waves: WavesConfig, *, zone: str | None = None) -> ir.Table:
    """Find who was in the base in each wave and store them as a temporary table of the connection.

    Parameters
    ----------
    tables
        Canonical tables of one connection, by name: customers, and responses or invitations or both.
    waves
        How answers are divided into waves, and the embargo in hours.
    zone
        Time zone in which waves begin, such as "Europe/Berlin"; None is UTC.

    Returns
    -------
    One row per customer and wave: customer_id, wave, as_of, invited, respondent, rating (float64, null for silent
    customers), reminders (float64: how many followed the invitation that a respondent answered; null for silent
    customers and where not recorded) and wave_starts_at (null for the single wave "all").

    Raises
    ------
    ConfigError
        If there are neither responses nor invitations, or the waves are contradictory.

    Notes
    -----
    - An answer belongs to the wave of its invitation, or of its own local time where no invitation is known. Of
      several answers in a wave the latest counts, or the first by `waves.repeats`; of several versions of an answer
      the last, and of several answers at one moment the last in the file.
    - The `as_of` of a respondent is the invitation, or else the answer minus the embargo; the embargo moves no
      answer into another wave.
    - The `as_of` of an invited silent customer is the customer's latest invitation in the wave. For customers who
      were never invited it is the (lower) median `as_of` of the wave's respondents and invited customers.
    - The base is every customer who had signed up by then, or whose sign-up date is unknown, and every respondent.
    - In a wave without any row in the table of invitations, everybody counts as invited; otherwise customers with
      an invitation and respondents do. An `invited_at` recorded with the answers says nothing about silent
      customers.
    - Moments before the first explicit date belong to no wave.
    - `reminders` is not a feature: reminders are sent because there is no answer, so their number identifies silent
      customers.

    Examples
    --------
    >>> connection = ibis.duckdb.connect()
    >>> customers = ibis.memtable({"customer_id": ["ann", "bob"]})
    >>> answers = ibis.memtable(
    ...     {"customer_id": ["ann"], "responded_at": [datetime(2025, 3, 10, 12)], "rating": [9]}
    ... )
    >>> tables = {
    ...     "customers": connection.create_table("customers", customers),
    ...     "responses": connection.create_table("responses", answers),
    ... }
    >>> population = build_population(tables, WavesConfig(period="month"))
    >>> population.order_by("customer_id").select("customer_id", "wave", "as_of", "rating").to_pandas()
      customer_id     wave               as_of  rating
    0         ann  2025-03 2025-03-09 12:00:00     9.0
    1         bob  2025-03 2025-03-09 12:00:00     NaN
    """
    if "responses" in tables:
        tables = {**tables, "responses": last_of_moment("responses", tables["responses"])}
    asked = _store(_asked(tables, waves, zone), "asked")  # with which several parts of one query begin
    members = _members(tables["customers"], asked)
    timed = members.left_join(asked, PERSON_WAVE).select(*members.columns, "asked_at", "rating", "reminders")
    described = timed.join(_wave_facts(asked), "wave")
    as_of = described.asked_at.coalesce(described.median_at)
    rows = described.mutate(as_of=as_of, respondent=described.rating.notnull())
    base = rows.filter(rows.respondent | rows.signed_up_at.isnull() | (rows.signed_up_at <= rows.as_of))
    population = _store(
        base.select(
            "customer_id",
            "wave",
            "as_of",
            invited=base.asked_at.notnull() | ~base.invitations_known,
            respondent=base.respondent,
            rating=base.rating,
            reminders=base.reminders,
            wave_starts_at=base.wave_starts_at,
        )
    )
    asked.get_backend().raw_sql(f"DROP TABLE {asked.get_name()}")
    return population


def population_at(tables: Mapping[str, ir.Table], as_of: datetime, *, label: str | None = None) -> ir.Table:
    """Return the base at one moment, before anybody is asked: the rows to score.

    Columns as in `build_population`. A moment without a time zone is UTC. The wave is named `label`, or by the date
    of the moment in UTC.

    Examples
    --------
    >>> customers = ibis.memtable(
    ...     {"customer_id": ["ann", "bob"], "signed_up_at": [datetime(2024, 5, 1), datetime(2026, 2, 1)]}
    ... )
    >>> tables = {"customers": ibis.duckdb.connect().create_table("customers", customers)}
    >>> population_at(tables, datetime(2025, 6, 30)).select("customer_id", "wave", "respondent").to_pandas()
      customer_id        wave  respondent
    0         ann  2025-06-30       False
    """
    moment, customers = naive_utc(as_of), _signed_up(tables["customers"])
    base = customers.filter(customers.signed_up_at.isnull() | (customers.signed_up_at <= moment))
    return _store(
        base.select(
            "customer_id",
            wave=ibis.literal(label or wave_label(moment)),
            as_of=ibis.literal(moment, "timestamp"),
            invited=ibis.literal(True),
            respondent=ibis.literal(False),
            rating=ibis.null("float64"),
            reminders=ibis.null("float64"),
            wave_starts_at=ibis.literal(moment, "timestamp"),
        )
    )


def _asked(tables: Mapping[str, ir.Table], waves: WavesConfig, zone: str | None) -> ir.Table:
    """Return one row per customer and wave with an answer or an invitation: when asked, and the answer."""
    rows = answers_and_invitations(tables, waves, zone)
    rows = rows.filter(rows.wave.notnull(), rows.asked_at.notnull())
    # The answer of a respondent takes precedence over invitations. Remaining ties are between equal invitations.
    answered = rows.responded_at if waves.repeats == "first" else rows.responded_at.desc()
    order = [rows.rating.isnull(), answered, rows.asked_at.desc()]
    rank = ibis.row_number().over(ibis.window(group_by=PERSON_WAVE, order_by=order))
    invited = rows.by_invitation.any().over(ibis.window(group_by="wave"))
    ranked = rows.mutate(rank=rank, invitations_known=invited)
    first = ranked.filter(ranked.rank == 0)
    columns = [*PERSON_WAVE, "asked_at", "rating", "wave_starts_at", "invitations_known"]
    return _with_reminders(first.select(columns), tables.get("invitations"))


def _with_reminders(asked: ir.Table, invitations: ir.Table | None) -> ir.Table:
    """Add the number of reminders after the invitation of an answer, the largest one of several at one moment."""
    if invitations is None or "reminders" not in invitations.columns:
        return asked.mutate(reminders=ibis.null("float64"))
    sent = (
        invitations.select("customer_id", "reminders", asked_at=invitations.invited_at.cast("timestamp"))
        .group_by(["customer_id", "asked_at"])
        .aggregate(lambda t: t.reminders.max().cast("float64").name("sent"))
    )
    joined = asked.left_join(sent, ["customer_id", "asked_at"]).select(*asked.columns, "sent")
    return joined.mutate(reminders=joined.rating.notnull().ifelse(joined.sent, ibis.null("float64"))).drop("sent")


def _signed_up(customers: ir.Table) -> ir.Table:
    known = "signed_up_at" in customers.columns
    signed_up = customers.signed_up_at.cast("timestamp") if known else ibis.null("timestamp")
    return customers.select("customer_id", signed_up_at=signed_up)


def _members(customers: ir.Table, asked: ir.Table) -> ir.Table:
    """Return all customers in all waves, and unknown respondents in the wave they answered, with signed_up_at."""
    people = _signed_up(customers)
    members = people.cross_join(asked.select("wave").distinct())
    strangers = asked.filter(asked.rating.notnull()).anti_join(people, "customer_id")
    return members.union(
        strangers.select("customer_id", signed_up_at=ibis.null("timestamp"), wave="wave").select(members.columns)
    )


def _wave_facts(asked: ir.Table) -> ir.Table:
    """Return one row per wave: wave_starts_at, invitations_known and median_at, the (lower) median of asked_at."""
    wave = ibis.window(group_by="wave")
    position = ibis.row_number().over(ibis.window(group_by="wave", order_by="asked_at"))
    ranked = asked.mutate(position=position, last=asked.count().over(wave) - 1)
    middle = ranked.filter(ranked.position == (ranked.last / 2).floor().cast("int64"))
    return middle.select("wave", "wave_starts_at", "invitations_known", median_at="asked_at")


def _store(rows: ir.Table, name: str = "population") -> ir.Table:
    connection = rows.get_backend()
    return connection.create_table(gen_name(name), rows, temp=True)
