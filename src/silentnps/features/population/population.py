"""The population: who was in the base in each survey wave, at which moment, and whether they answered.

Respondents and silent customers of a wave are compared at the same moments, `as_of`; otherwise recency alone would
tell them apart. Features see only what lies strictly before `as_of`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import ibis
import ibis.expr.types as ir
from ibis.util import gen_name

from silentnps.config import WavesConfig
from silentnps.data.checking.ties import last_of_moment
from silentnps.features.population.asked import PERSON_WAVE, answers_and_invitations
from silentnps.features.population.local_time import naive_utc
from silentnps.features.population.waves import wave_label


def build_population(tables: Mapping[str, ir.Table], waves: WavesConfig, *, zone: str | None = None) -> ir.Table:
    """Compute who was in the base in each wave and store it as a temporary table of the connection.

    One row per customer and wave: customer_id, wave, as_of, invited, respondent, rating (float64, null of a
    silent customer), reminders (float64: how many followed the invitation that a respondent answered; null of a
    silent customer and where not recorded) and wave_starts_at (null for the one wave "all").

    - An answer belongs to the wave of its invitation, or of its own time where none is recorded, as a local time
      of `zone` (UTC without one). Of several answers in a wave the latest counts, of several versions of an answer
      the last, of several answers at one moment the last in the file.
    - `as_of` of a respondent is the invitation, or the answer less the embargo, which moves no answer into another
      wave.
    - `as_of` of an invited silent customer is the latest invitation of the wave; of a customer never invited the
      (lower) median `as_of` of the wave's respondents and invited.
    - The base is every customer who had signed up by then, or whose date is unknown, and every respondent.
    - In a wave without an invitation in the table of invitations all count as invited; else those with an
      invitation and the respondents do. An `invited_at` beside the answers says nothing of the silent.
    - Moments before the first explicit date belong to no wave.
    - `reminders` is no feature: they are sent because there is no answer, so their number tells the silent.

    Raises
    ------
    ConfigError
        If there are neither responses nor invitations, or the waves are contradictory.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import silentnps
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "shop.yaml"
    ...     _ = file.write_text("{name: shop, output: out, tables: {customers: {path: customers.parquet}, "
    ...                         "responses: {path: responses.parquet}, orders: {path: orders.parquet}}, "
    ...                         "waves: {period: quarter}}")
    ...     silentnps.simulate(Path(folder), customers=100)
    ...     config = silentnps.load_config(file)
    ...     tables = silentnps.open_tables(config)
    ...     rows = build_population(tables, config.waves).to_pandas()
    >>> sorted(set(rows["wave"]))
    ['2025-Q1', '2025-Q2', '2025-Q3', '2025-Q4']
    >>> int(rows["respondent"].sum()) == int(rows["rating"].notna().sum())
    True
    """
    if "responses" in tables:
        tables = {**tables, "responses": last_of_moment("responses", tables["responses"])}
    asked = _asked(tables, waves, zone)
    members = _members(tables["customers"], asked)
    timed = members.left_join(asked, PERSON_WAVE).select(*members.columns, "asked_at", "rating", "reminders")
    described = timed.join(_wave_facts(asked), "wave")
    as_of = described.asked_at.coalesce(described.median_at)
    rows = described.mutate(as_of=as_of, respondent=described.rating.notnull())
    base = rows.filter(rows.respondent | rows.signed_up_at.isnull() | (rows.signed_up_at <= rows.as_of))
    return _store(
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


def population_at(tables: Mapping[str, ir.Table], as_of: datetime, *, label: str | None = None) -> ir.Table:
    """Return the base at one moment, nobody asked yet: the rows to score. Columns as in `build_population`.

    A moment without a zone is UTC; its wave is called `label`, or else by the moment's date in UTC.
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
    # A respondent's answer decides before any invitation. What is left of ties are invitations, which are equal.
    order = [rows.rating.isnull(), rows.responded_at.desc(), rows.asked_at.desc()]
    rank = ibis.row_number().over(ibis.window(group_by=PERSON_WAVE, order_by=order))
    invited = rows.by_invitation.any().over(ibis.window(group_by="wave"))
    ranked = rows.mutate(rank=rank, invitations_known=invited)
    first = ranked.filter(ranked.rank == 0)
    facts = [*PERSON_WAVE, "asked_at", "rating", "wave_starts_at", "invitations_known"]
    return _with_reminders(first.select(facts), tables.get("invitations"))


def _with_reminders(asked: ir.Table, invitations: ir.Table | None) -> ir.Table:
    """Add the reminders that followed the invitation of an answer; of two invitations at one moment the more."""
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
    """Return every customer in every wave, and every respondent in theirs, with signed_up_at."""
    people = _signed_up(customers)
    everybody = people.cross_join(asked.select("wave").distinct())
    strangers = asked.filter(asked.rating.notnull()).anti_join(people, "customer_id")
    return everybody.union(
        strangers.select("customer_id", signed_up_at=ibis.null("timestamp"), wave="wave").select(everybody.columns)
    )


def _wave_facts(asked: ir.Table) -> ir.Table:
    """Return one row per wave: median_at (a moment that occurs, the lower of two), start, invitations known."""
    wave = ibis.window(group_by="wave")
    place = ibis.row_number().over(ibis.window(group_by="wave", order_by="asked_at"))
    placed = asked.mutate(place=place, last=asked.count().over(wave) - 1)
    middle = placed.filter(placed.place == (placed.last / 2).floor().cast("int64"))
    return middle.select("wave", "wave_starts_at", "invitations_known", median_at="asked_at")


def _store(rows: ir.Table) -> ir.Table:
    connection = rows.get_backend()
    return connection.create_table(gen_name("population"), rows, temp=True)
