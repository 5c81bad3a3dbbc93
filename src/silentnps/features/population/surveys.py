"""Surveys as bursts of answers: whether they are pooled in one wave, or cut by the waves of the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import pandas as pd

from silentnps.config import WavesConfig
from silentnps.data.checking.versions import latest
from silentnps.data.findings import Finding
from silentnps.features.population.answers import relational_answers
from silentnps.features.population.asked import answers_and_invitations
from silentnps.features.population.bursts import Burst, find_bursts
from silentnps.features.population.local_time import local_time

QUARTER_DAYS = 100
"""So long may answers come all the time and be one wave, if nobody answered twice."""

_APART_DAYS = 7
_MOST_AGAIN = 0.1
_FEWEST_AGAIN = 5
_FEWEST_CUT = 6
_FEWEST_JUDGED = 30
"""With fewer answers there is no shape to judge, nor a model to train."""

_SHARE_CUT = 0.02
_SHOWN = 12


@dataclass(frozen=True)
class _Asked:
    """Answers (or, where there are none, invitations) by day, and who answered more than once."""

    by_day: pd.DataFrame
    bursts: list[Burst]
    people: int
    again: int

    @property
    def table(self) -> str:
        return "responses" if self.by_day["answers"].any() else "invitations"

    def n_in(self, burst: Burst) -> int:
        """Return how many answers there are in a burst, or invitations where nobody answered."""
        own = self.by_day[(self.by_day["day"] >= burst.start) & (self.by_day["day"] <= burst.end)]
        return int(own["answers" if self.table == "responses" else "rows"].sum())


def survey_findings(tables: Mapping[str, ir.Table], waves: WavesConfig, zone: str | None = None) -> list[Finding]:
    """Return what is wrong with the waves of the answers and invitations: at most one error, or notes.

    Without waves in the configuration it is an error if there are several bursts, if answers come all the time, or
    if many customers answered more than once. With waves it is a note if a burst is cut by them.
    """
    asked = _asked(tables, waves, zone)
    if waves.period or waves.dates:
        return [found for burst in asked.bursts if (found := _cut(asked, burst, waves))]
    return _pooled(asked)


def _asked(tables: Mapping[str, ir.Table], waves: WavesConfig, zone: str | None) -> _Asked:
    rows = answers_and_invitations(tables, waves, zone)
    rows = rows.mutate(day=local_time(rows.moment, zone).date(), wave=rows.wave.coalesce(""))
    grouped = rows.group_by(["day", "wave"]).aggregate(rows=rows.count(), answers=rows.rating.count())
    by_day = grouped.order_by("day", "wave").to_pandas()
    by_day["day"] = pd.to_datetime(by_day["day"]).dt.date
    total = by_day.groupby("day", sort=True)["rows"].sum()
    people, again = _answered_again(tables["responses"]) if "responses" in tables else (0, 0)
    return _Asked(by_day, find_bursts(total.index.tolist(), total.tolist()), people, again)


def _answered_again(responses: ir.Table) -> tuple[int, int]:
    """Return how many customers answered, and how many did so in a week or more again, or in another survey."""
    answers = relational_answers(latest("responses", responses))
    surveys = answers.survey_id.nunique() if "survey_id" in answers.columns else ibis.literal(0)
    at = answers.responded_at.cast("timestamp")
    each = answers.group_by("customer_id").aggregate(first=at.min(), last=at.max(), surveys=surveys)
    again = (each["last"] >= each["first"] + ibis.interval(days=_APART_DAYS)) | (each.surveys > 1)
    people, n = each.aggregate(people=each.count(), n=again.sum().fill_null(0)).execute().iloc[0]
    return int(people), int(n)


def _pooled(asked: _Asked) -> list[Finding]:
    loose = sum(burst.n for burst in asked.bursts if not burst.compact)
    if 2 * loose > sum(burst.n for burst in asked.bursts):
        return _all_the_time(asked)
    if len(asked.bursts) > 1:
        return [_refused(asked, f"There are {_told(asked)}. Add `waves: {_dates(asked.bursts)}`")]
    if asked.again >= max(_FEWEST_AGAIN, _MOST_AGAIN * asked.people):
        return [
            _refused(asked, "Add `waves:` with `period: month`, or with the `dates` on which the surveys began")
        ]
    return []


def _all_the_time(asked: _Asked) -> list[Finding]:
    if _n(asked) < _FEWEST_JUDGED:
        return []
    first, last = asked.bursts[0].start, asked.bursts[-1].end
    cure = f"They come all the time, from {first} to {last}. Add `waves: {{period: quarter}}`, or month, or year"
    if (last - first).days >= QUARTER_DAYS or asked.again:
        return [_refused(asked, cure)]
    return [_finding(asked, "in bursts", _n(asked), f"{cure}, if they are several waves: they count as one.")]


def _refused(asked: _Asked, cure: str) -> Finding:
    again = f" {asked.again:,} of {asked.people:,} customers answered more than once." if asked.again else ""
    one = f"; or `waves: {_dates(asked.bursts[:1])}` if all of them are one survey."
    rule = "of one survey where `waves` are not configured"
    return _finding(asked, rule, _n(asked), f"{again.strip()} {cure}{one}".strip(), stop=True)


def _n(asked: _Asked) -> int:
    return sum(asked.n_in(burst) for burst in asked.bursts)


def _told(asked: _Asked) -> str:
    parts = [f"{asked.n_in(burst):,} from {burst.start}" for burst in asked.bursts[:_SHOWN]]
    more = [f"{len(asked.bursts) - _SHOWN} more"] if len(asked.bursts) > _SHOWN else []
    return f"{len(asked.bursts)} bursts ({', '.join(parts + more)})"


def _dates(bursts: list[Burst]) -> str:
    return f"{{dates: [{', '.join(str(burst.start) for burst in bursts)}]}}"


def _cut(asked: _Asked, burst: Burst, waves: WavesConfig) -> Finding | None:
    """Return a note if a burst is in several waves, or makes a wave of its stragglers alone."""
    if not burst.compact:
        return None
    days, count = asked.by_day["day"], "answers" if asked.table == "responses" else "rows"
    per_wave = asked.by_day.groupby("wave")[count].sum()
    own = asked.by_day[(days >= burst.start) & (days <= burst.end)].groupby("wave")[count].sum()
    own = own[own > 0]
    least = max(_FEWEST_CUT, _SHARE_CUT * int(own.sum()))
    smaller = own.drop(own.idxmax()) if len(own) else own
    cut = smaller[(smaller >= least) | (smaller == per_wave[smaller.index])]
    if cut.empty:
        return None
    told = ", ".join(f"{n:,} in {wave or 'no wave'}" for wave, n in own.items())
    place = f"in place of `period: {waves.period}`" if waves.period else "in place of the dates that are there"
    cure = (
        f"The burst that began on {burst.start} is cut: {told}. "
        f"`waves: {_dates(asked.bursts)}` {place} keeps each burst together."
    )
    return _finding(asked, "in one wave with the others of its survey", int(cut.sum()), cure)


def _finding(asked: _Asked, rule: str, n: int, cure: str, *, stop: bool = False) -> Finding:
    column = "responded_at" if asked.table == "responses" else "invited_at"
    effect, severity = ("stop", "error") if stop else ("note", "warning")
    return Finding(asked.table, column, rule, severity, n, (), cure, effect)  # type: ignore[arg-type]
