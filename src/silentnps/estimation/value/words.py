"""What an estimate says by spend, in sentences."""

from __future__ import annotations

from silentnps.counts import counted
from silentnps.estimation.formulas.nps_estimate import NPSEstimate
from silentnps.estimation.value.growth import EarnedGrowth
from silentnps.estimation.value.spend_report import FEW_EFFECTIVE, LARGE_SHARE, SpendReport
from silentnps.estimation.wording.numbers import interval, points


def spend_sentences(found: SpendReport) -> list[str]:
    """Return the NPS by spend, whose spend answered, what is at risk, and what the reader must be told of them."""
    level = f"{100 * found.base.confidence_level:g} %"
    known = f", those who answered {points(found.respondents.value)}" if found.respondents.n else ""
    lines = [
        f"Each customer counted by spend ({found.words}): whole base {_told(found.base)}, silent customers "
        f"{_told(found.silent)}{known} ({level} intervals).",
        f"{_percent(found.customers_answered_share)} of customers answered, with {_percent(found.answered_share)} "
        f"of the spend; the silent have {_percent(1.0 - found.answered_share)} of {_amount(found.total, found)}.",
        f"At risk, the spend of detractors, known and expected: {_amount(found.at_risk, found)} "
        f"({_amount(found.at_risk_low, found)} to {_amount(found.at_risk_high, found)}, {level} interval), "
        f"{_percent(found.at_risk / found.total)} of all.",
    ]
    return [*lines, *_cautions(found), *([] if found.growth is None else [growth_sentence(found.growth)])]


def growth_sentence(growth: EarnedGrowth) -> str:
    """Return how spend grew, and how much of it was earned.

    Examples
    --------
    >>> print(growth_sentence(EarnedGrowth("2025-11-20", 323, 200.0, 190.0, 30.0, 20.0)))
    Earned growth +5.0 %: customers of a year ago spent 95.0 % of what was spent then (net revenue retention), new \
ones who came by recommendation 10.0 %, other new ones 5.0 %. Counted: less refunds, in 323 days before 2025-11-20 \
against the same days a year before.
    """
    old, new = f"{100 * growth.retention:.1f} %", f"{100 * growth.from_new:.1f} %"
    customers = f"customers of a year ago spent {old} of what was spent then (net revenue retention)"
    when = f"less refunds, in {growth.days} days before {growth.until} against the same days a year before"
    if growth.rate is None or growth.from_earned is None:
        low, high = growth.retention - 1.0, growth.retention + growth.from_new - 1.0
        return (
            f"Earned growth {100 * low:+.1f} to {100 * high:+.1f} %: {customers}, and new ones {new}. How many of "
            "these came by recommendation is not known: `value.earned` can name an attribute that says. Counted: "
            f"{when}."
        )
    others = growth.from_new - growth.from_earned
    return (
        f"Earned growth {100 * growth.rate:+.1f} %: {customers}, new ones who came by recommendation "
        f"{100 * growth.from_earned:.1f} %, other new ones {100 * others:.1f} %. Counted: {when}."
    )


def _cautions(found: SpendReport) -> list[str]:
    lines = []
    if found.effective_n < FEW_EFFECTIVE or found.largest_share > LARGE_SHARE:
        few = counted(max(round(found.effective_n), 1), "customer")
        lines.append(
            f"Spend is concentrated as if {few} had it all in equal parts, and the largest customer has "
            f"{_percent(found.largest_share)}: what a few think moves the NPS by spend, and its interval is rough."
        )
    if found.n_unknown:
        lines.append(f"The spend of {counted(found.n_unknown, 'customer')} is not known: not counted by spend.")
    return lines


def _told(nps: NPSEstimate) -> str:
    return f"{points(nps.value)} ({interval(nps.low, nps.high)})"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.1 or share == 0 else f"{100 * share:.1f} %"


def _amount(value: float, found: SpendReport) -> str:
    """Return an amount, in millions where the spend of the base is one of them or more."""
    text = f"{value / 1e6:,.2f} million" if found.total >= 1e6 else f"{value:,.0f}"
    return f"{text} {found.currency}".strip()
