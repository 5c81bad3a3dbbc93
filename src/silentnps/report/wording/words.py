"""The sentences of the report, and numbers as they are printed in it."""

from __future__ import annotations

import math
import re
from typing import Any

from silentnps.estimation.wave.nps_report import NPSReport
from silentnps.estimation.wording.numbers import interval as interval
from silentnps.estimation.wording.numbers import points as points
from silentnps.report.wording.direction import direction, unknown_part
from silentnps.report.wording.selection import LEARNED_LITTLE, LEARNED_MUCH, describe_gamma

_DIAGNOSTICS = {
    "response_rate": "Answers: {respondents} of {n_invited} customers asked, {response_rate}.",
    "effective_sample_size": "Weight of the answers: weighted to resemble silent customers, they count as much as "
    "{effective_sample_size} equally weighted answers. The fewer, the wider the interval.",
    "largest_weight": "Largest weight: the heaviest answer counts as much as {largest_weight} average ones; 95 of "
    "100 answers count as much as {weight_95th_percentile} or less.",
    "trimmed_weight_share": "Trimmed weights: {trimmed_weight_share} of the weight belonged to answers so rare "
    "that it was cut. Above 5 %, some kinds of silent customers hardly ever answer.",
    "largest_difference_before": "Balance: the response drivers differed by up to {largest_difference_before} "
    "standard deviations between those who answered and those who were asked and did not; after weighting, by "
    "up to {largest_difference_after}. Below 0.1 the two groups are alike in the response drivers, which "
    "says nothing about anything else.",
    "outside_overlap_share": "Overlap: {outside_overlap_share} of those who were asked and did not answer look "
    "less likely to answer than 199 in 200 of those who did. Hardly any answer represents them.",
    "invited_overlap_share": "Never asked: {invited_overlap_share} of the customers who were never asked resemble "
    "some who were. For the rest, the estimate comes from the model alone.",
    "calibration_gap_nps": "Cross-check: calibration equations, which use the classes of the answers, would move "
    "the NPS of silent customers by {calibration_gap_nps} points. A large gap points to a wrong model of "
    "satisfaction or of silence, not to a wrong shadow feature; a small one proves neither right.",
}
"""What each diagnostic says, by the name that must be present: title, colon, sentence."""

_LONGEST_NAME = 120
_WIDE_POINTS = 20.0


def true_minus(text: str) -> str:
    """Return a sentence with a true minus before its negative numbers.

    Examples
    --------
    >>> true_minus("from -3.2 on 2024-01-05")
    'from −3.2 on 2024-01-05'
    """
    return re.sub(r"(?<![\w.])-(?=\d)", "−", text)


def p_value(p: float) -> str:
    """Return a p-value with three decimals.

    Examples
    --------
    >>> p_value(0.0421), p_value(0.00004)
    ('0.042', '< 0.001')
    """
    if not math.isfinite(p):
        return "–"
    return f"{p:.3f}" if p >= 0.001 else "< 0.001"


def percent(share: float) -> str:
    """Return a share as a percentage; small ones keep a decimal."""
    return f"{100 * share:.1f} %" if share < 0.1 else f"{100 * share:.0f} %"


def whole(n: float) -> str:
    """Return a count with thousands separators."""
    return f"{n:,.0f}"


def confidence(level: float) -> str:
    """Return a confidence level as a percentage without needless zeros."""
    return f"{100 * level:g} %"


def short(text: Any) -> str:
    """Return a name shortened to fit on a page."""
    full = str(text)
    return full if len(full) <= _LONGEST_NAME else full[: _LONGEST_NAME - 1] + "…"


def value_under(report: NPSReport, assumption: str) -> float | None:
    """Return the NPS of silent customers under an assumption; None where there is none."""
    values = report.by_assumption.loc[report.by_assumption["assumption"] == assumption, "value"]
    return float(values.iloc[0]) if len(values) and math.isfinite(values.iloc[0]) else None


def why_different(report: NPSReport) -> str:
    """Say in one sentence why silent customers differ from those who answered."""
    if report.silent.n == 0:
        return "Everybody answered, so the survey is the whole base."
    gap = report.silent.value - report.respondents.value
    opening = f"Silent customers are estimated to be {abs(gap):.1f} points {_lower(gap)} than those who answered: "
    mar = value_under(report, "mar")
    if report.headline == "mar" or mar is None:
        return (
            f"{opening}the gap goes with their different characteristics. At equal characteristics they are "
            "assumed to be as satisfied as those who answered; these data cannot show otherwise."
        )
    by_features, by_satisfaction = mar - report.respondents.value, report.silent.value - mar
    return (
        f"{opening}{points(by_features)} points go with who they are (their different "
        f"characteristics), and {points(by_satisfaction)} with {_what_else(report)}.{unknown_part(report)}"
    )


def how_sure(report: NPSReport) -> str:
    """Say how certain the number is."""
    silent = report.silent
    if silent.n == 0:
        return "There is nobody whose answer would have to be estimated."
    sentences = [
        f"With {confidence(silent.confidence_level)} confidence, the NPS of silent customers lies between "
        f"{points(silent.low)} and {points(silent.high)}, if {_condition(report)}.",
        direction(report, wide=silent.high - silent.low > _WIDE_POINTS),
        _stands_on(report),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def what_would_change_it(report: NPSReport) -> list[str]:
    """Say what the number would be under other assumptions."""
    if report.silent.n == 0:
        return []
    alike = f"If they were just like those who answered, it would be {points(report.respondents.value)}."
    if report.headline == "follow_up":
        return [*_without_calls(report), alike]
    sentences = []
    mar = value_under(report, "mar")
    if report.headline != "mar" and mar is not None:
        sentences.append(
            f"If satisfaction did not affect answering, the NPS of silent customers would be {points(mar)} "
            "(missing at random)."
        )
    tipping = report.tipping_points
    return [*sentences, alike, *tipping.loc[tipping["name"] == "survey", "words"]]


def sensitivity_band(report: NPSReport) -> str:
    """Say how far the interval reaches if one family of shadows is a response driver; empty where unknown."""
    diagnostics = report.diagnostics
    if report.shadow_test.empty or report.headline != "selection" or "band_low" not in diagnostics:
        return ""
    return (
        "If any one family of shadow features were response drivers, the interval could reach from "
        f"{points(diagnostics['band_low'])} to {points(diagnostics['band_high'])}; with all as declared it is "
        f"{interval(report.silent.low, report.silent.high)}."
    )


def mar_notice(report: NPSReport) -> str:
    """Say plainly that the headline assumes missing at random; empty where it does not."""
    if report.headline != "mar" or report.silent.n == 0:
        return ""
    return (
        "This number assumes missing at random: that customers with the same features answer equally often, "
        "happy or not. If unhappy customers stay silent more often, the true NPS is lower than shown."
    )


def truth_sentence(report: NPSReport, truth: float | None) -> str:
    """Compare the estimate with the truth of simulated data; empty where that is unknown."""
    if truth is None:
        return ""
    inside = "inside" if report.silent.low <= truth <= report.silent.high else "outside"
    return (
        f"These data are simulated, so the truth is known: the NPS of silent customers is {points(truth)}, "
        f"{inside} the interval and {abs(report.silent.value - truth):.1f} points from the estimate; the survey is "
        f"{abs(report.respondents.value - truth):.1f} points off."
    )


def diagnostics_in_words(report: NPSReport) -> list[tuple[str, str]]:
    """Return what the diagnostics say: (title, sentence)."""
    diagnostics = report.diagnostics
    values = {name: _diagnostic(name, value) for name, value in diagnostics.items()}
    values["respondents"] = whole(report.respondents.n)
    kept = [(name, text.format_map(values)) for name, text in _DIAGNOSTICS.items() if name in diagnostics]
    parts = [text.partition(": ") for _, text in kept]
    sentences = [(title, sentence[:1].upper() + sentence[1:]) for title, _, sentence in parts]
    if "gamma_detractor" not in diagnostics:
        return sentences
    suffix = ", by the selection model" if report.headline == "follow_up" else ""
    on_gamma = describe_gamma({} if report.headline == "mar" else diagnostics)
    return [*sentences, (f"Satisfaction and silence{suffix}", on_gamma)]


def _diagnostic(name: str, value: float) -> str:
    if not math.isfinite(value):
        return "–"
    if name.startswith("calibration_gap"):
        return points(value)
    if name.startswith("largest_difference"):
        return f"{value:.2f}"
    if name in {"largest_weight", "weight_95th_percentile"}:
        return f"{value:.1f}"
    if name.endswith(("_share", "_rate")):
        return percent(value)
    return whole(value)


def _lower(gap: float) -> str:
    return "lower" if gap < 0 else "higher"


def _what_else(report: NPSReport) -> str:
    if report.headline == "follow_up":
        return "what these do not show and the calls revealed"
    return _who_answers(report)


def _condition(report: NPSReport) -> str:
    if report.headline == "follow_up":
        return "those who were called are a random sample of the silent customers"
    return "the assumption holds"


def _stands_on(report: NPSReport) -> str:
    if report.headline == "follow_up":
        return "The number rests on those calls; only calls without an answer rely on a selection model."
    return _learned(report)


def _without_calls(report: NPSReport) -> list[str]:
    warning = "If those called were not chosen at random, the number would describe only customers like them."
    named = {"selection": "selection by satisfaction", "mar": "missing at random"}
    values = [(name, value_under(report, key)) for key, name in named.items()]
    without = [f"{points(value)} ({name})" for name, value in values if value is not None]
    sentence = f"Without the calls it would be estimated at {' or '.join(without)}."
    return [warning, sentence] if without else [warning]


def _who_answers(report: NPSReport) -> str:
    detractor = report.diagnostics.get("gamma_detractor", 0.0)
    promoter = report.diagnostics.get("gamma_promoter", 0.0)
    if detractor > 0 >= promoter or detractor > promoter:
        return "satisfied customers answering more readily than dissatisfied ones who are otherwise alike"
    return "dissatisfied customers answering more readily than satisfied ones who are otherwise alike"


def _learned(report: NPSReport) -> str:
    left = report.diagnostics.get("gamma_prior_share")
    if left is None or report.headline == "mar":
        return ""
    if left > LEARNED_LITTLE:
        return (
            "The data say little about whether satisfaction affects answering: the result leans on the prior, "
            "so consider the other assumptions too."
        )
    if left < LEARNED_MUCH:
        return "How much satisfaction affects answering is learned mostly from the data, and little from the prior."
    return "The data say something about whether satisfaction affects answering; the prior still counts."
