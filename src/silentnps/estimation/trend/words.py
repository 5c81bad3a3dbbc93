"""What a trend says, in sentences."""

from __future__ import annotations

from typing import Any

import pandas as pd

from silentnps.estimation.trend.report import TrendReport

PART_WORDS = {
    "mix": "who the customers are (mix)",
    "behaviour": "what happened to them (behaviour)",
    "rest": "rest: same customers, other opinion",
    "who_answers": "who answers",
    "change": "change",
}
"""The parts of a change, in words."""

ABOUT_PARTS = (
    "Mix: attributes and tenure of the customers. Behaviour: all other features, as far as the model reads them; "
    "what it cannot see is in the rest. Who answers: the change of the distance between those who answered and the "
    "whole base. These are associations, not causes."
)
"""What the parts are, and are not."""


def sentences(report: TrendReport) -> list[str]:
    """Return what the last change of the whole base says, and whether anything changed over all periods."""
    found: list[str] = []
    changes = report.changes
    changes = changes[(changes["segmentation"] == "") & (changes["of"] == "base")]
    if len(changes) and len(report.levels):
        last = str(report.levels["period"].iloc[-1])
        latest = changes[changes["after"] == last]
        found.extend(_sentence(row) for row in latest.head(1).to_dict("records"))
    p = report.no_change.get("base", float("nan"))
    if p == p:
        level = 1.0 - float(report.levels["confidence_level"].iloc[0])
        verdict = "changed more than chance would bring" if p < level else "may not have changed at all"
        found.append(f"Over all periods the NPS of the whole base {verdict} (p = {p:.3f}).")
    return found


def _sentence(row: dict[Any, Any]) -> str:
    level = f"{100 * row['confidence_level']:g} %"
    verdict = (
        "more than chance" if row["p_value"] < 1.0 - row["confidence_level"] else "no more than chance may bring"
    )
    return (
        f"From {row['before']} to {row['after']} the NPS of the whole base changed by {row['change']:+.1f} points "
        f"({row['low']:+.1f} to {row['high']:+.1f}, {level} interval): {verdict} (p = {row['p_value']:.3f}). The "
        f"smallest change that these data would have shown, in four of five cases, is {row['smallest_change']:.1f} "
        "points."
    )


def story(why: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    """Return for each pair of periods the lines that tell it.

    They are the parts of the change of the base, that change, who answers, and the change of the survey: the
    columns of `why`, with `words`.
    """
    found = []
    for (before, after), rows in why.groupby(["before", "after"], sort=False):
        base, survey = rows[rows["of"] == "base"], rows[rows["of"] == "survey"]
        parts = [base[base["part"] == part] for part in ("mix", "behaviour", "rest")]
        lines = [
            *parts,
            base[base["part"] == "change"],
            *(survey[survey["part"] == part] for part in ("who_answers", "change")),
        ]
        words = [*(PART_WORDS[part] for part in ("mix", "behaviour", "rest")), "= change of the whole base"]
        table = pd.concat(lines, ignore_index=True)
        found.append(
            (str(before), str(after), table.assign(words=[*words, "who answers", "= change of the survey"]))
        )
    return found
