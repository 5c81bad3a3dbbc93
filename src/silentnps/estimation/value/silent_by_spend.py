"""Silent customers counted by spend: their class shares, and the variances of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from silentnps.estimation.formulas.doubly_robust import PointEstimate, Sample, on_simplex
from silentnps.estimation.value.spend import Spend
from silentnps.estimation.value.spend_shares import own_variance, sampling_variance, spend_shares, spend_trust
from silentnps.numerics.arrays import Floats
from silentnps.numerics.nps import CLASS_VALUES


@dataclass(frozen=True)
class SilentBySpend:
    """Class shares of silent customers by spend, shape (3,), and the variances of their NPS and of detractors.

    `nps` is in squared points, `detractors` of a share.
    """

    shares: Floats
    nps: float
    detractors: float


@dataclass(frozen=True)
class PlainByCalls:
    """What calls say of all silent customers: class shares, shape (3,), and the standard error of the NPS.

    `draws` are the bootstrap's of the plain NPS without them: where calls say where that is, draws say how far from
    it the NPS by spend is.
    """

    shares: Floats
    standard_error: float
    draws: Floats


def silent_by_spend(
    points: Sequence[PointEstimate], sample: Sample, spend: Spend, draws: Floats, calls: PlainByCalls | None
) -> SilentBySpend:
    """Estimate silent customers by spend from the repeats of an estimate and its bootstrap.

    `draws` has the NPS by spend and the share of detractors of each draw, shape (draws, 2).

    Notes
    -----
    Squared error: variance over the draws; (1 - trust)^2 times the variance of what the model misses of those who
    spend; the customers' own classes, each by the square of its share of the spend; and of a large base the draw of
    the sample. What draws do not show of detractors goes with what they do not show of the NPS.
    """
    trust = spend_trust(points, sample, spend)
    found = [spend_shares(point, sample, spend, trust=trust) for point in points]
    shares = np.asarray(np.mean([each.shares for each in found], axis=0))
    law = np.mean([point.silent_probabilities for point in points], axis=0)
    unseen = (1.0 - trust) ** 2 * float(np.mean([each.between for each in found]))
    unseen += own_variance(points[0].silent_probabilities, sample, spend, beyond_plain=calls is not None)
    unseen += sampling_variance(law, sample, spend)
    seen, detractors = draws.T
    if calls is not None:
        shares = on_simplex(calls.shares + shares - np.mean([point.shares for point in points], axis=0))
        seen, unseen = seen - calls.draws, unseen + calls.standard_error**2
    of_detractors = float(detractors.var(ddof=1)) + detractor_variance(unseen, shares)
    return SilentBySpend(shares, float(seen.var(ddof=1)) + unseen, of_detractors)


def detractor_variance(variance: float, shares: Floats) -> float:
    """Return the variance of a share of detractors that goes with one of an NPS, which is in squared points.

    As the variances of one customer go together: d (1 - d) with that of -100, 0 and 100 under the class shares.
    """
    spread = float(shares @ CLASS_VALUES**2 - (shares @ CLASS_VALUES) ** 2)
    return variance * float(shares[0] * (1.0 - shares[0])) / spread
