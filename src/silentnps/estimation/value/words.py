"""What an estimate says by spend, in sentences."""

from __future__ import annotations

from silentnps.counts import counted
from silentnps.estimation.formulas.nps_estimate import NPSEstimate
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
    return [*lines, *_cautions(found)]


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
