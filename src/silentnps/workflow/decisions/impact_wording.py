"""The impact of a campaign in words."""

from __future__ import annotations

from datetime import timedelta

from silentnps.campaigns.impact import Impact
from silentnps.campaigns.outcomes import Outcome
from silentnps.campaigns.verdict import Effect
from silentnps.counts import counted
from silentnps.features.campaign.windows import Campaign
from silentnps.workflow.decisions.campaign_outcomes import Compared

_DIGITS = {"points": 1, "a customer": 2, "events a customer": 2}


def amount_of(value: float, outcome: Outcome) -> str:
    """Return a signed number with the digits of its unit."""
    return f"{value:+.{_DIGITS[outcome.unit]}f}"


def range_of(low: float, high: float, outcome: Outcome) -> str:
    """Return an interval as text."""
    return f"{amount_of(low, outcome)} to {amount_of(high, outcome)}"


def short(effect: Effect) -> str:
    """Return the verdict in two words."""
    if effect.verdict in ("more", "less"):
        return "helped" if _is_better(effect) else "hurt"
    return effect.verdict


def sentence(effect: Effect) -> str:
    """Return what the data say of an outcome."""
    outcome, name = effect.outcome, f"{effect.outcome.name[0].upper()}{effect.outcome.name[1:]}"
    if effect.outcome.known == "as the model sees it":
        name = f"{name} (as the model sees it)"
    value = f"{amount_of(effect.difference.value, outcome)} {outcome.unit}"
    interval = range_of(*effect.difference.interval(effect.confidence_level), outcome)
    if effect.verdict == "cannot tell":
        return f"{name}: cannot tell, because {effect.because} (measured: {value}, {interval})."
    if effect.verdict == "none seen":
        visible = amount_of(effect.difference.smallest_visible(effect.confidence_level), outcome).lstrip("+")
        return (
            f"{name}: no effect was seen; any outside {interval} {outcome.unit} can be excluded. One of {visible} "
            "would have been seen in 80 of 100 such campaigns."
        )
    return f"{name}: the campaign {short(effect)}, by {value} ({interval})."


def notes_of(impact: Impact, compared: Compared, campaign: Campaign, n_others: int) -> list[str]:
    """Return what else a reader of the effects should know, one sentence each."""
    notes = []
    if impact.caution:
        notes.append(f"The groups cannot be compared: {impact.caution}.")
    if impact.n_trimmed:
        notes.append(f"{counted(impact.n_trimmed, 'treated customer')} without a counterpart are left out.")
    if compared.n_joined:
        notes.append(f"{counted(compared.n_joined, 'treated customer')} who joined too late are left out.")
    if compared.n_sampled_out:
        notes.append(f"{counted(compared.n_sampled_out, 'customer')} are left out at random, to save time.")
    if campaign.last_start - campaign.start > timedelta(days=1):
        notes.append(f"Its rows start until {campaign.last_start:%Y-%m-%d}; the first start counts for all.")
    if n_others:
        notes.append(
            f"{counted(n_others, 'other campaign')} started in these windows, and may add to the differences."
        )
    return notes


def _is_better(effect: Effect) -> bool:
    return (effect.verdict == "more") == (effect.outcome.better > 0)
