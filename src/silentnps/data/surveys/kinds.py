"""Answers of several kinds of surveys in one table, which are one NPS only if somebody says so.

A relational survey asks about the relationship, a transactional one about a contact, usually a day after it: their
NPS differ, and so do those who are asked.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from silentnps.config import SurveyConfig
from silentnps.data.findings import FIRST_ROWS, Finding
from silentnps.data.surveys.values import comparable

_MOST_SURVEYS = 60
"""More different ids than this are not surveys, but mailings or answers."""

_FEWEST_ANSWERS = 10
_FEWEST_SHARED, _SHARED = 3, 0.02
"""Surveys side by side are two programmes if so many of the smaller one's customers answer both."""

_SHOWN = 8


def kinds_findings(answers: ir.Table, survey: SurveyConfig, *, row: str) -> list[Finding]:
    """Return an error if answers are of several types, or of several programmes by their ids, and none is declared.

    Programmes are surveys with differing names that run at the same time and are answered by the same customers.
    Without such customers they may be languages or countries of one survey: that is noted.

    Parameters
    ----------
    answers
        Clean rows of responses.
    row
        The column with the places of rows in the file.
    """
    if "survey_type" in answers.columns and not survey.type:
        found = _types(answers, row)
        if found:
            return found
    if "survey_id" in answers.columns and not survey.id:
        return _programmes(answers, row)
    return []


def _types(answers: ir.Table, row: str) -> list[Finding]:
    counts = _counts(answers, "survey_type")
    kinds = list(counts)
    if len(kinds) < 2:
        return _of_contacts(counts)
    best = "relational" if "relational" in kinds else max(kinds, key=lambda kind: (bool(kind), counts[kind]))
    rows, n = _others(answers, "survey_type", [best], row)
    cure = _listed("answers of the types", counts) + _lines("type", _yaml([best]), _yaml(kinds))
    return [
        Finding(
            "responses", "survey_type", "of one type, or `survey.type` declared", "error", n, rows, cure, "stop"
        )
    ]


def _of_contacts(counts: dict[str, int]) -> list[Finding]:
    if list(counts) != ["transactional"]:
        return []
    cure = "All answers are transactional and count: the NPS is that after a contact, not of the relationship."
    rule, n = "relational for the NPS of a relationship", counts["transactional"]
    return [Finding("responses", "survey_type", rule, "warning", n, (), cure, "note")]


def _programmes(answers: ir.Table, row: str) -> list[Finding]:
    counts = _counts(answers, "survey_id")
    ids = [name for name, n in counts.items() if name and n >= _FEWEST_ANSWERS]
    if len({_stem(name) for name in ids}) < 2 or len(counts) > _MOST_SURVEYS:
        return []
    largest = max(ids, key=lambda name: counts[name])
    beside = _side_by_side(answers, ids)
    if not beside:
        return []
    shared = _shared(answers, beside)
    apart = [pair for pair in beside if _stem(pair[0]) != _stem(pair[1])]
    n_both = max(shared.get(pair, 0) / min(counts[pair[0]], counts[pair[1]]) for pair in apart)
    several = n_both >= _SHARED and max(shared.get(pair, 0) for pair in apart) >= _FEWEST_SHARED
    programme = [name for name in counts if _stem(name) == _stem(largest)]
    rows, n = _others(answers, "survey_id", programme, row)
    listed = _listed("answers of the surveys", counts)
    if several:
        cure = f"{listed}, at the same time and by the same customers" + _lines(
            "id", _yaml(programme), _yaml(list(counts))
        )
        rule = "of one programme, or `survey.id` declared"
        return [Finding("responses", "survey_id", rule, "error", n, rows, cure, "stop")]
    cure = f"They count as one. {listed}, at the same time" + _lines("id", _yaml(programme), _yaml(list(counts)))
    return [Finding("responses", "survey_id", "of one programme", "warning", n, rows, cure, "note")]


def _stem(name: str) -> str:
    """Return a survey's name without numbers, quarters and months, which tell waves of one programme apart.

    Examples
    --------
    >>> _stem("nps-2025-q1") == _stem("NPS 2024 Q3"), _stem("nps_march_2025") == _stem("post-purchase")
    (True, False)
    """
    words = re.findall(r"[^\W\d_]+", re.sub(r"\bq\s*\d\b|(?<=[\W_])[hwqv]\d+", " ", name.lower()))
    return " ".join(word for word in words if word not in _PERIODS)


_PERIODS = frozenset(
    name.casefold()
    for name in (
        *("q", "h", "w", "v", "wave", "week", "quarter", "half", "month", "year"),
        *("spring", "summer", "autumn", "fall", "winter", "sept"),
        *(*calendar.month_name[1:], *calendar.month_abbr[1:]),
    )
)


def _counts(answers: ir.Table, column: str) -> dict[str, int]:
    values = answers.select(value=comparable(answers, column))
    counted = values.group_by("value").aggregate(n=values.count())
    frame = counted.order_by(ibis.desc("n"), "value").limit(_MOST_SURVEYS + 1).to_pandas()
    return dict(zip(frame["value"], frame["n"].astype(int), strict=True))


def _others(answers: ir.Table, column: str, kept: Sequence[str], row: str) -> tuple[tuple[int, ...], int]:
    others = answers.filter(~comparable(answers, column).isin(list(kept)))
    first = others.select(row).order_by(row).limit(FIRST_ROWS).execute()[row]
    return tuple(int(place) for place in first), int(others.count().execute())


def _side_by_side(answers: ir.Table, ids: list[str]) -> list[tuple[str, str]]:
    """Return the pairs of surveys with differing names of which one's middle lies between the other's tenths."""
    named = answers.select(
        name=comparable(answers, "survey_id"), at=answers.responded_at.cast("timestamp").epoch_seconds()
    )
    named = named.filter(named.name.isin(ids))
    grouped = named.group_by("name").aggregate(
        low=named["at"].quantile(0.1), middle=named["at"].median(), high=named["at"].quantile(0.9)
    )
    spans = {
        str(name): (float(low), float(middle), float(high))
        for name, low, middle, high in grouped.order_by("name").to_pandas().itertuples(index=False)
    }

    def within(one: str, other: str) -> bool:
        low, _, high = spans[other]
        return low <= spans[one][1] <= high

    names = list(spans)
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :] if _stem(a) != _stem(b)]
    return [(a, b) for a, b in pairs if within(a, b) or within(b, a)]


def _shared(answers: ir.Table, pairs: list[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Return for each pair of surveys how many customers answered both."""
    who = answers.select("customer_id", name=comparable(answers, "survey_id")).distinct()
    other = who.view()
    both = who.join(other, [who.customer_id == other.customer_id, who.name < other.name])
    counted = both.select(one=who.name, two=other.name).group_by(["one", "two"]).aggregate(n=ibis._.count())
    frame = counted.to_pandas()
    found = {(one, two): int(n) for one, two, n in zip(frame["one"], frame["two"], frame["n"], strict=True)}
    return {pair: found.get(pair, 0) for pair in pairs}


def _listed(what: str, counts: dict[str, int]) -> str:
    shown = [f"{n:,} of {name or 'none'}" for name, n in list(counts.items())[:_SHOWN]]
    more = [f"{len(counts) - _SHOWN} more"] if len(counts) > _SHOWN else []
    return f"There are {what}: {', '.join(shown + more)}"


def _lines(key: str, one: str, all_of_them: str) -> str:
    return f". Add `survey: {{{key}: {one}}}` to use these alone, or `survey: {{{key}: {all_of_them}}}` to use all."


def _yaml(values: Sequence[str]) -> str:
    if len(values) > _SHOWN:
        return "['*']"
    quoted = [value if re.fullmatch(r"[a-z][\w.-]*", value) else repr(value) for value in values]
    return quoted[0] if len(quoted) == 1 else f"[{', '.join(quoted)}]"
