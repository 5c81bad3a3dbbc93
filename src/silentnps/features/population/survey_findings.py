"""Findings about waves: several surveys pooled in one wave, or one survey cut in two by the configured waves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import pandas as pd

from silentnps.config import WavesConfig
from silentnps.data.checking.versions import latest
from silentnps.data.findings import Finding
from silentnps.data.values.local_time import local_time
from silentnps.features.population.bursts import Burst, find_bursts
from silentnps.features.population.survey_answers import relational_answers
from silentnps.features.population.wave_assignment import PERSON_WAVE, answers_and_invitations

QUARTER_DAYS = 100
"""Answers that arrive continuously for fewer days than this may be one wave, if nobody answered twice."""

_APART_DAYS = 7
_MAX_SHARE_AGAIN = 0.1
_MIN_AGAIN = 5
_MIN_CUT = 6
_MIN_JUDGED = 30
"""Fewer answers have no shape to judge and cannot train a model."""

_MIN_SHARE_CUT = 0.02
_MAX_SHOWN = 12


@dataclass(frozen=True)
class _Asked:
    """Answers (or invitations if there are no answers) by day, and how many customers answered more than once."""

    by_day: pd.DataFrame
    bursts: list[Burst]
    people: int
    again: int

    @property
    def table(self) -> str:
        return "responses" if self.by_day["answers"].any() else "invitations"

    @property
    def counts(self) -> str:
        """The column of `by_day` with the numbers of answers, or of invitations where nobody answered."""
        return "answers" if self.table == "responses" else "rows"

    def days_of(self, burst: Burst) -> pd.DataFrame:
        return self.by_day[(self.by_day["day"] >= burst.start) & (self.by_day["day"] <= burst.end)]

    def n_in(self, burst: Burst) -> int:
        """Return the number of answers in a burst, or of invitations where nobody answered."""
        return int(self.days_of(burst)[self.counts].sum())


def survey_findings(tables: Mapping[str, ir.Table], waves: WavesConfig, zone: str | None = None) -> list[Finding]:
    """Return what is wrong with the waves of the answers and invitations: at most one error, or notes.

    Without configured waves it is an error if there are several bursts, if answers arrive continuously, or if many
    customers answered more than once. With configured waves there is a note for each burst that they cut.
    """
    if waves.repeats == "refuse" and (repeated := _repeated(tables, waves, zone)):
        return [repeated]
    asked = _asked(tables, waves, zone)
    if waves.period or waves.dates:
        return [finding for burst in asked.bursts if (finding := _cut(asked, burst, waves))]
    return _pooled(asked)


def _repeated(tables: Mapping[str, ir.Table], waves: WavesConfig, zone: str | None) -> Finding | None:
    """Return an error if customers answered more than once in a wave."""
    if "responses" not in tables:
        return None
    rows = answers_and_invitations(tables, waves, zone)
    rows = rows.filter(rows.wave.notnull(), rows.rating.notnull())
    each = rows.group_by(PERSON_WAVE).aggregate(n=rows.count(), low=rows.rating.min(), high=rows.rating.max())
    several = each.filter(each.n > 1)
    n, extra, differ = several.aggregate(
        n=several.count(), extra=(several.n - 1).sum(), differ=(several.low != several.high).sum()
    ).execute().iloc[0].fillna(0).astype(int)  # fmt: skip
    if not n:
        return None
    cure = (
        f"{n:,} customers answered more than once in a wave, {differ:,} of them with different ratings. Say which"
        " answer counts with `waves: {repeats: latest}` or first, or remove the others."
    )
    rule = "one answer of a customer and wave where `waves.repeats` is refuse"
    return Finding("responses", "", rule, "error", int(extra), (), cure, "stop")


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
    """Return how many customers answered, and how many did so again after a week or more, or in another survey."""
    answers = relational_answers(latest("responses", responses))
    surveys = answers.survey_id.nunique() if "survey_id" in answers.columns else ibis.literal(0)
    at = answers.responded_at.cast("timestamp")
    per_customer = answers.group_by("customer_id").aggregate(first=at.min(), last=at.max(), surveys=surveys)
    apart = per_customer["last"] >= per_customer["first"] + ibis.interval(days=_APART_DAYS)
    again = apart | (per_customer.surveys > 1)
    people, n = per_customer.aggregate(people=per_customer.count(), n=again.sum().fill_null(0)).execute().iloc[0]
    return int(people), int(n)


def _pooled(asked: _Asked) -> list[Finding]:
    loose = sum(burst.n for burst in asked.bursts if not burst.compact)
    if 2 * loose > sum(burst.n for burst in asked.bursts):
        return _continuous(asked)
    if len(asked.bursts) > 1:
        return [_refused(asked, f"There are {_listed(asked)}. Add `waves: {_dates(asked.bursts)}`")]
    if asked.again >= max(_MIN_AGAIN, _MAX_SHARE_AGAIN * asked.people):
        return [
            _refused(asked, "Add `waves:` with `period: month`, or with the `dates` on which the surveys began")
        ]
    return []


def _continuous(asked: _Asked) -> list[Finding]:
    if _n(asked) < _MIN_JUDGED:
        return []
    first, last = asked.bursts[0].start, asked.bursts[-1].end
    cure = f"They arrive continuously, from {first} to {last}. Add `waves: {{period: quarter}}`, or month, or year"
    if (last - first).days >= QUARTER_DAYS or asked.again:
        return [_refused(asked, cure)]
    return [
        _finding(asked, "in bursts", _n(asked), f"{cure}, if they are several waves; for now they count as one.")
    ]


def _refused(asked: _Asked, cure: str) -> Finding:
    again = f" {asked.again:,} of {asked.people:,} customers answered more than once." if asked.again else ""
    one_survey = f"; or `waves: {_dates(asked.bursts[:1])}` if all of them are one survey."
    rule = "of one survey where `waves` are not configured"
    return _finding(asked, rule, _n(asked), f"{again.strip()} {cure}{one_survey}".strip(), stop=True)


def _n(asked: _Asked) -> int:
    return sum(asked.n_in(burst) for burst in asked.bursts)


def _listed(asked: _Asked) -> str:
    counts = [f"{asked.n_in(burst):,} from {burst.start}" for burst in asked.bursts[:_MAX_SHOWN]]
    more = [f"{len(asked.bursts) - _MAX_SHOWN} more"] if len(asked.bursts) > _MAX_SHOWN else []
    return f"{len(asked.bursts)} bursts ({', '.join(counts + more)})"


def _dates(bursts: list[Burst]) -> str:
    return f"{{dates: [{', '.join(str(burst.start) for burst in bursts)}]}}"


def _cut(asked: _Asked, burst: Burst, waves: WavesConfig) -> Finding | None:
    """Return a note if a burst lies in several waves, or if its stragglers alone make a wave."""
    if not burst.compact:
        return None
    per_wave = asked.by_day.groupby("wave")[asked.counts].sum()
    in_burst = asked.days_of(burst).groupby("wave")[asked.counts].sum()
    in_burst = in_burst[in_burst > 0]
    least = max(_MIN_CUT, _MIN_SHARE_CUT * int(in_burst.sum()))
    smaller = in_burst.drop(in_burst.idxmax()) if len(in_burst) else in_burst
    cut = smaller[(smaller >= least) | (smaller == per_wave[smaller.index])]
    if cut.empty:
        return None
    listed = ", ".join(f"{n:,} in {wave or 'no wave'}" for wave, n in in_burst.items())
    place = f"instead of `period: {waves.period}`" if waves.period else "instead of the present dates"
    cure = (
        f"The burst that began on {burst.start} is split: {listed}. "
        f"`waves: {_dates(asked.bursts)}` {place} keeps each burst together."
    )
    return _finding(asked, "in one wave with the rest of its survey", int(cut.sum()), cure)


def _finding(asked: _Asked, rule: str, n: int, cure: str, *, stop: bool = False) -> Finding:
    column = "responded_at" if asked.table == "responses" else "invited_at"
    effect, severity = ("stop", "error") if stop else ("note", "warning")
    return Finding(asked.table, column, rule, severity, n, (), cure, effect)  # type: ignore[arg-type]
