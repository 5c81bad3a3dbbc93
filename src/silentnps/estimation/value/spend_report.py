"""What an estimate says by spend: NPS, the spend that answered, and the spend of likely detractors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np

from silentnps.estimation.formulas.doubly_robust import Sample
from silentnps.estimation.formulas.nps_estimate import NPSEstimate, normal_estimate, of_none
from silentnps.estimation.value.growth import EarnedGrowth
from silentnps.estimation.value.silent_by_spend import SilentBySpend
from silentnps.estimation.value.spend import Spend, concentration
from silentnps.numerics.nps import CLASS_VALUES

FEW_EFFECTIVE = 100
"""With spend as concentrated as if fewer customers had it all, an interval rests on few of them."""

LARGE_SHARE = 0.1
"""A customer with more of the spend is named by that share."""


@dataclass(frozen=True)
class SpendReport:
    """The NPS of a base in which each customer counts by spend, and where the spend is.

    `base`, `silent` and `respondents` are estimates in points, `n` of which counts customers whose spend is known;
    `words` say what spend is, `currency` is empty where none is declared. `total` is the spend of the base;
    `answered_share` that of those who answered, `customers_answered_share` their share of customers. `at_risk`,
    `at_risk_low` and `at_risk_high` are the spend of detractors, known or expected, with the interval of the
    confidence level. `effective_n` and `largest_share` are those of
    `silentnps.estimation.value.spend.Concentration`. `n_unknown` counts customers whose spend is not known; of a
    large base those who are held. `growth` is that of what customers spent, None where orders do not tell it.
    """

    words: str
    currency: str
    base: NPSEstimate
    silent: NPSEstimate
    respondents: NPSEstimate
    total: float
    answered_share: float
    customers_answered_share: float
    at_risk: float
    at_risk_low: float
    at_risk_high: float
    effective_n: float
    largest_share: float
    n_unknown: int
    growth: EarnedGrowth | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for files; what is missing is None."""
        return _plain(asdict(self))

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> SpendReport:
        """Rebuild the report from `to_dict`."""
        estimates = {name: _estimate(values[name]) for name in ("base", "silent", "respondents")}
        growth = EarnedGrowth(**values["growth"]) if values.get("growth") else None
        return SpendReport(**{**values, **estimates, "growth": growth})


def spend_report(
    sample: Sample, spend: Spend, silent: SilentBySpend, *, degrees: float, confidence_level: float
) -> SpendReport:
    """Join what those who answered spent, which is known, with the estimate of the silent; see `SpendReport`.

    `degrees` are those of the t interval.
    """
    of_silent, of_answers = float(spend.of_silent(sample).sum()), spend.of_answers(sample)
    total, n_answers = of_silent + of_answers, int(sample.answered.sum())
    known, detractors = _known(sample, spend, confidence_level)
    interval = partial(
        normal_estimate, n=_n_silent(sample, spend), confidence_level=confidence_level, degrees=degrees
    )
    estimate = interval(float(silent.shares @ CLASS_VALUES), math.sqrt(silent.nps))
    share = interval(float(silent.shares[0]), math.sqrt(silent.detractors))
    spread = concentration(spend, sample)
    return SpendReport(
        words=spend.words,
        currency=spend.currency,
        base=_mixed(known, estimate, of_silent / total),
        silent=estimate,
        respondents=known,
        total=total,
        answered_share=of_answers / total,
        customers_answered_share=n_answers / (n_answers + int(sample.n_silent.sum())),
        at_risk=detractors + of_silent * share.value,
        at_risk_low=detractors + of_silent * max(share.low, 0.0),
        at_risk_high=detractors + of_silent * min(share.high, 1.0),
        effective_n=spread.effective_n,
        largest_share=spread.largest_share,
        n_unknown=int((~spend.known).sum()),
    )


def _known(sample: Sample, spend: Spend, confidence_level: float) -> tuple[NPSEstimate, float]:
    """Return the NPS by spend of those who answered, which has no error, and the spend of detractors."""
    amounts, classes = spend.amounts[sample.answered], sample.classes[sample.answered]
    if not amounts.any():
        return of_none(confidence_level), 0.0
    value = float(np.average(CLASS_VALUES[classes], weights=amounts))
    n = int(spend.known[sample.answered].sum())
    return NPSEstimate(value, value, value, 0.0, n, confidence_level), float(amounts[classes == 0].sum())


def _n_silent(sample: Sample, spend: Spend) -> int:
    return int(spend.known[~sample.answered].sum()) if spend.everybody is None else spend.everybody.n


def _mixed(known: NPSEstimate, estimated: NPSEstimate, share: float) -> NPSEstimate:
    """Combine what is known with what is estimated, whose share of the spend is `share`."""
    if known.n == 0:
        return estimated
    rest = (1.0 - share) * known.value
    low, value, high = (rest + share * x for x in (estimated.low, estimated.value, estimated.high))
    n = known.n + estimated.n
    return NPSEstimate(value, low, high, share * estimated.standard_error, n, estimated.confidence_level)


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) if isinstance(value, dict) else _finite(value) for name, value in values.items()}


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _estimate(values: Mapping[str, Any]) -> NPSEstimate:
    known: dict[str, Any] = {name: math.nan if value is None else value for name, value in values.items()}
    return NPSEstimate(**known)
