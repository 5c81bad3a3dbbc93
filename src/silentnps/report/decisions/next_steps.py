"""What to do next: what, why, and how, for every form of the report."""

from __future__ import annotations

from typing import Any

from silentnps.actions.goals import GOALS
from silentnps.counts import counted
from silentnps.report.content import ReportContent
from silentnps.report.what_if import what_if
from silentnps.report.wording.words import interval, points, whole

_RECOVER = "recover"


def next_rows(content: ReportContent) -> list[list[str]]:
    """Return what to do, why, and how, the most important first; nothing where everybody answered."""
    rows = [_report_it(content), *_lists(content), _call(content), _try(content), _object(content)]
    return [row for row in rows if row]


def _report_it(content: ReportContent) -> list[str]:
    report = content.estimate
    if report.silent.n == 0:
        return []
    base = f"{points(report.base.value)} ({interval(report.base.low, report.base.high)})"
    return [
        "Report the whole base with its interval",
        f"The survey's {points(report.respondents.value)} is that of {report.respondents.n:,} of {report.base.n:,} "
        f"customers; the whole base is estimated at {base}",
        "With the assumption that it rests on",
    ]


def _lists(content: ReportContent) -> list[list[str]]:
    """Return the last list of each goal, and how to make that of likely detractors where there is none."""
    rows = [_listed(row) for row in content.lists.to_dict("records")]
    if content.estimate.silent.n == 0 or (len(rows) and (content.lists["goal"] == _RECOVER).any()):
        return rows
    return [[_sentence(GOALS[_RECOVER].purpose), _detractors(content), _make(_RECOVER)], *rows]


def _listed(row: dict[Any, Any]) -> list[str]:
    goal = GOALS[str(row["goal"])]
    value = "value at risk" if goal.name == _RECOVER else "value"
    worth = f", {value} {whole(row['value'])}" if row["value"] > 0 else ""
    done = f", {row['n_done']:,} done" if row["n_done"] else ""
    about = "; value is probability times expected spend" if worth else ""
    return [
        f"{_sentence(goal.purpose)}: {counted(int(row['n_listed']), 'customer')}{worth}",
        f"The list of {row['listed_on']}{done}; {row['n_held_out']:,} more are held out at random, to show what "
        f"would have been without it{about}",
        f"actions/{goal.name}.xlsx; later `silentnps actions -c FILE --read-back`",
    ]


def _detractors(content: ReportContent) -> str:
    table, silent = content.class_shares, content.estimate.silent
    if table.empty:
        return "It puts those first whose probability times expected spend is largest, with reasons and what to do"
    row = table[(table["of"] == "silent") & (table["nps_class"] == "detractor")].iloc[0]
    share, low, high = (whole(float(row[name]) * silent.n) for name in ("share", "low", "high"))
    return f"An estimated {share} ({low} to {high}) of {whole(silent.n)} silent customers are detractors"


def _make(goal: str) -> str:
    return f"`silentnps actions -c FILE --goal {goal} --top 200`, after `silentnps score`"


def _call(content: ReportContent) -> list[str]:
    report = content.estimate
    if report.silent.n == 0 or report.headline == "follow_up":
        return []
    inside = interval(report.silent.low, report.silent.high)
    unknown = report.silent.low <= report.respondents.value <= report.silent.high
    why = (
        f"The interval of silent customers, {inside}, contains the survey's {points(report.respondents.value)}"
        if unknown
        else f"The direction is known, the size only as {inside}; calls need no assumption about who answers"
    )
    return ["Call silent customers drawn at random", why, "`silentnps plan -c FILE --width 10` draws them"]


def _try(content: ReportContent) -> list[str]:
    scenarios = what_if(content)
    if scenarios is None:
        return []
    best = scenarios.scenarios[0]
    return [
        f"Try on a random half: {best.name}",
        f"The model answers with {best.gain.text} points for {scenarios.n_customers} silent customers; whether "
        "that is an effect only a control group tells",
        "Compare both halves in the next wave",
    ]


def _object(content: ReportContent) -> list[str]:
    if content.estimate.headline != "selection" or not content.shadow_features:
        return []
    return [
        "Object where an assumption is wrong",
        f"The number rests on {counted(len(content.shadow_features), 'shadow feature')}: that they affect "
        "satisfaction, but at equal satisfaction not the willingness to answer",
        "Read “What is assumed” in report.html",
    ]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
