"""Numbers as plain sentences."""

from __future__ import annotations

import math
import re
from typing import Any

from silentnps.estimation.wave.report import NPSReport
from silentnps.estimation.wording.numbers import interval as interval
from silentnps.estimation.wording.numbers import points as points
from silentnps.report.wording.direction import direction, unknown_part
from silentnps.report.wording.selection import LEARNED_LITTLE, LEARNED_MUCH, describe_gamma

_DIAGNOSTICS = {
    "response_rate": "Answers: {respondents} of {n_invited} customers asked, {response_rate}.",
    "effective_sample_size": "Weight of the answers: weighted to look like the silent, they count as much as "
    "{effective_sample_size} equal answers. The fewer, the wider the interval.",
    "largest_weight": "Largest weight: the heaviest answer counts as much as {largest_weight} average ones; 95 of "
    "100 answers count at most {weight_95th_percentile}.",
    "trimmed_weight_share": "Cut weights: {trimmed_weight_share} of the weight belonged to answers so rare "
    "that it was cut. Above 5 % some kinds of silent customers hardly answer.",
    "largest_difference_before": "Likeness: the response drivers differed by up to {largest_difference_before} "
    "standard deviations between those who answered and those asked who did not; after weighting by up to "
    "{largest_difference_after}. Below 0.1 they are alike in the drivers; of anything else it says nothing.",
    "outside_overlap_share": "Reach of the answers: {outside_overlap_share} of those asked who did not answer look "
    "less like answering than 199 in 200 of those who did. For them hardly any answer stands.",
    "invited_overlap_share": "Never asked: {invited_overlap_share} of the customers who were never asked are like "
    "some who were. The rest have their estimate from the model alone.",
    "calibration_gap_nps": "A second look: calibration equations, which use the classes of the answers, would move "
    "the NPS of the silent by {calibration_gap_nps} points. A large gap speaks of a wrong model of satisfaction "
    "or of silence, not of a wrong shadow; a small one proves neither right.",
}
"""What the diagnostics say, by the name that must be there: title, colon, sentence."""

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
    """Return a count with thousands set apart."""
    return f"{n:,.0f}"


def confidence(level: float) -> str:
    """Return a confidence level as a percentage without needless zeros."""
    return f"{100 * level:g} %"


def short(text: Any) -> str:
    """Return a name cut to what a page can hold."""
    full = str(text)
    return full if len(full) <= _LONGEST_NAME else full[: _LONGEST_NAME - 1] + "…"


def value_under(report: NPSReport, assumption: str) -> float | None:
    """Return the NPS of the silent under an assumption; None where there is none."""
    found = report.by_assumption.loc[report.by_assumption["assumption"] == assumption, "value"]
    return float(found.iloc[0]) if len(found) and math.isfinite(found.iloc[0]) else None


def why_different(report: NPSReport) -> str:
    """Say in one sentence why the silent differ from those who answered."""
    if report.silent.n == 0:
        return "Everybody answered, so the survey is the whole base."
    gap = report.silent.value - report.respondents.value
    opening = f"Silent customers are estimated {abs(gap):.1f} points {_lower(gap)} than those who answered: "
    mar = value_under(report, "mar")
    if report.headline == "mar" or mar is None:
        return (
            f"{opening}that goes with their other characteristics. At equal characteristics they are taken to be "
            "as satisfied as those who answered; these data cannot show otherwise."
        )
    by_features, by_satisfaction = mar - report.respondents.value, report.silent.value - mar
    return (
        f"{opening}{points(by_features)} points go with who they are (their other "
        f"characteristics), and {points(by_satisfaction)} with {_what_else(report)}.{unknown_part(report)}"
    )


def how_sure(report: NPSReport) -> str:
    """Say how far the number can be trusted."""
    silent = report.silent
    if silent.n == 0:
        return "There is nobody whose answer has to be estimated."
    sentences = [
        f"With {confidence(silent.confidence_level)} confidence the NPS of the silent lies between "
        f"{points(silent.low)} and {points(silent.high)}, if {_condition(report)}.",
        direction(report, wide=silent.high - silent.low > _WIDE_POINTS),
        _stands_on(report),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def what_would_change_it(report: NPSReport) -> list[str]:
    """Say what other assumptions would make of the number."""
    if report.silent.n == 0:
        return []
    alike = f"If they were just like those who answered, it would be {points(report.respondents.value)}."
    if report.headline == "follow_up":
        return [*_without_calls(report), alike]
    found = []
    mar = value_under(report, "mar")
    if report.headline != "mar" and mar is not None:
        found.append(
            f"If satisfaction did not drive answering, the NPS of the silent would be {points(mar)} "
            "(missing at random)."
        )
    tipping = report.tipping_points
    return [*found, alike, *tipping.loc[tipping["name"] == "survey", "words"]]


def sensitivity_band(report: NPSReport) -> str:
    """Say how far the interval reaches where one family of shadows is a driver; empty where that is not known."""
    found = report.diagnostics
    if report.shadow_test.empty or report.headline != "selection" or "band_low" not in found:
        return ""
    return (
        "With any one family of shadows taken as a driver the interval reaches from "
        f"{points(found['band_low'])} to {points(found['band_high'])}; with all as declared it is "
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
    """Compare with the truth of simulated data; empty where there is none."""
    if truth is None:
        return ""
    inside = report.silent.low <= truth <= report.silent.high
    return (
        f"These data are simulated, so the truth is known: the NPS of the silent is {points(truth)}, "
        f"{'inside' if inside else 'outside'} the interval and {abs(report.silent.value - truth):.1f} points from "
        f"the estimate; the survey is {abs(report.respondents.value - truth):.1f} points off."
    )


def diagnostics_in_words(report: NPSReport) -> list[tuple[str, str]]:
    """Return what the diagnostics say: (title, sentence)."""
    found = report.diagnostics
    values = {name: _diagnostic(name, value) for name, value in found.items()}
    values["respondents"] = whole(report.respondents.n)
    kept = [(name, text.format_map(values)) for name, text in _DIAGNOSTICS.items() if name in found]
    parts = [text.partition(": ") for _, text in kept]
    sentences = [(title, sentence[:1].upper() + sentence[1:]) for title, _, sentence in parts]
    if "gamma_detractor" not in found:
        return sentences
    of_model = ", by the selection model" if report.headline == "follow_up" else ""
    return [
        *sentences,
        (f"Satisfaction and silence{of_model}", describe_gamma({} if report.headline == "mar" else found)),
    ]


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
        return "what these do not show and the calls found out"
    return _who_answers(report)


def _condition(report: NPSReport) -> str:
    if report.headline == "follow_up":
        return "those who were called are a random sample of the silent"
    return "the assumption holds"


def _stands_on(report: NPSReport) -> str:
    if report.headline == "follow_up":
        return "The number rests on those calls; only for calls without an answer does a selection model speak."
    return _learned(report)


def _without_calls(report: NPSReport) -> list[str]:
    found = ["If those called were chosen otherwise than at random, the number would speak of their kind only."]
    named = {"selection": "selection by satisfaction", "mar": "missing at random"}
    values = [(name, value_under(report, key)) for key, name in named.items()]
    without = [f"{points(value)} ({name})" for name, value in values if value is not None]
    return [*found, f"Without the calls it would be estimated at {' or '.join(without)}."] if without else found


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
            "The data say little about whether satisfaction drives answering: the result leans on the prior, "
            "so weigh the other assumptions too."
        )
    if left < LEARNED_MUCH:
        return "How much satisfaction drives answering is learned mostly from the data, little from the prior."
    return "The data say something about whether satisfaction drives answering; the prior still counts."
