"""Whether the declared shadows agree: each in turn is moved to the response drivers, which the others test.

A shadow that itself drives answering misleads the estimate. With two or more shadows the claim can be tested: if
all are shadows, moving one to the response drivers changes the NPS of silent customers by chance only (Hausman
1978, Econometrica 46; over-identification by shadow variables, Miao and Tchetgen Tchetgen 2016). The p-values are
corrected for their number (Holm 1979, Scandinavian Journal of Statistics 6). Moving a shadow leaves less
information: an error that no other shadow can contradict is not detected.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from silentnps.estimation.formulas.doubly_robust import PointEstimate, Sample, estimate_point, invited_problem
from silentnps.estimation.formulas.gamma_prior import PriorScale
from silentnps.estimation.formulas.refitting import OriginalFit
from silentnps.estimation.formulas.selection import SelectionModel, SelectionProblem
from silentnps.estimation.formulas.verdict import MATTERS, Verdict, judge
from silentnps.numerics.additive_design import fit_encoder
from silentnps.numerics.arrays import Floats
from silentnps.numerics.distributions import t_quantile, t_tail
from silentnps.numerics.newton import Minimum

_LEVEL = 0.05


@dataclass(frozen=True)
class ShadowFamilies:
    """The design of the shadows, shape (n, k), and each column's family as a position in `names`.

    `groups` labels the columns that share a penalty. `beside` holds the columns of the response drivers and then
    those of `design`, of which `design` is a part, where somebody has put them together.
    """

    names: tuple[str, ...]
    design: Floats
    codes: tuple[int, ...]
    groups: tuple[str, ...] = ()
    beside: Floats | None = None

    @staticmethod
    def of(shadows: pd.DataFrame, families: Mapping[str, str]) -> ShadowFamilies:
        """Group shadow features by family; a feature without a family is one by itself."""
        encoder = fit_encoder(shadows)
        labels = [families.get(column, column) for column in encoder.columns]
        names = tuple(dict.fromkeys(labels))
        codes = tuple(names.index(label) for label in labels)
        return ShadowFamilies(names, encoder.transform(shadows), codes, encoder.groups)

    def put_beside(self, drivers: Floats) -> Floats:
        """Return the columns of the response drivers and then those of the shadows."""
        return np.hstack([drivers, self.design]) if self.beside is None else self.beside

    def within(self, beside: Floats) -> ShadowFamilies:
        """Return the same families as the last columns of a design."""
        return replace(self, design=beside[:, beside.shape[1] - self.design.shape[1] :], beside=beside)

    def columns(self, family: int) -> list[int]:
        """Return the columns of a family."""
        return [i for i, code in enumerate(self.codes) if code == family]


def moved_estimates(
    probabilities: Floats,
    sample: Sample,
    point: PointEstimate,
    families: ShadowFamilies,
    *,
    prior_sd: PriorScale,
    prior_mean: Floats | None = None,
    original: OriginalFit | None = None,
) -> Floats:
    """Return the NPS of silent customers with each family moved to the response drivers, shape (families,).

    This is one Newton step from the selection model of `point`, an estimate of the same sample. It has the same
    first-order distribution as a full refit and costs a bootstrap little, as all families share one second
    derivative. `original` as in `select`."""
    moves = _moves(probabilities, sample, point.selection, families, prior_sd, prior_mean, original)
    wide = replace(sample, drivers=families.put_beside(sample.drivers), groups=())
    uninvited = None if point.invitation is None else point.invitation.log_odds(sample.drivers)
    return np.array(
        [
            estimate_point(probabilities, wide, moves.problem.model(Minimum(theta, None)), uninvited=uninvited).nps
            for theta in moves.moved
        ]
    )


def driving_gains(
    probabilities: Floats,
    sample: Sample,
    selection: SelectionModel,
    families: ShadowFamilies,
    *,
    prior_sd: PriorScale,
    prior_mean: Floats | None = None,
) -> Floats:
    """Return how much better silence is explained with each family among the drivers, shape (families,).

    The penalised log likelihood gained by the step of `moved_estimates`, less the number of columns (Akaike 1974,
    IEEE Transactions on Automatic Control 19). Of families that contradict each other it tells which one drives:
    a change of the NPS is large too where a true shadow is moved that knows most.
    """
    moves = _moves(probabilities, sample, selection, families, prior_sd, prior_mean)
    before = moves.problem.loss_and_gradient(moves.theta)[0]
    gained = [before - moves.problem.loss_and_gradient(theta)[0] for theta in moves.moved]
    sizes = [len(families.columns(family)) for family in range(len(families.names))]
    return np.asarray(np.array(gained) - np.array(sizes))


@dataclass(frozen=True)
class _Moves:
    """Parameters with every shadow's effect zero, and after a Newton step with one family's effects free."""

    problem: SelectionProblem
    theta: Floats
    moved: list[Floats]


def _moves(
    probabilities: Floats,
    sample: Sample,
    selection: SelectionModel,
    families: ShadowFamilies,
    prior_sd: PriorScale,
    prior_mean: Floats | None,
    original: OriginalFit | None = None,
) -> _Moves:
    wide = replace(sample, drivers=families.put_beside(sample.drivers), groups=())
    problem = invited_problem(probabilities, wide, prior_sd=prior_sd, prior_mean=prior_mean, original=original)
    width, extra = sample.drivers.shape[1], families.design.shape[1]
    problem.penalise_as(selection, sample.groups, extra)
    theta = problem.padded(selection)
    _, gradient = problem.loss_and_gradient(theta)
    hessian = problem.hessian(theta)
    moved_thetas = []
    for family in range(len(families.names)):
        of_family = [1 + width + i for i in families.columns(family)]
        free = [*range(1 + width), *of_family, len(theta) - 2, len(theta) - 1]
        moved = theta.copy()
        moved[free] -= np.linalg.lstsq(hessian[np.ix_(free, free)], gradient[free], rcond=None)[0]
        moved_thetas.append(moved)
    return _Moves(problem, theta, moved_thetas)


def shadow_test(
    names: tuple[str, ...],
    nps: float,
    moved: Floats,
    draws: Floats,
    *,
    confidence_level: float,
    own_variance: float = 0.0,
    matters: float = MATTERS,
) -> pd.DataFrame:
    """Return one row per family of shadows; see the module.

    Parameters
    ----------
    nps
        NPS of silent customers with all shadows as declared, in points.
    moved
        NPS of silent customers with each family moved to the drivers, shape (families,).
    draws
        `nps` and `moved` of each bootstrap replicate, shape (replicates, 1 + families).
    own_variance
        Variance of silent customers' own draws, in points squared: part of the intervals, not of the test.
    matters
        The least difference that matters, in points: a family agrees if the interval of its change lies within it.

    Returns
    -------
    DataFrame
        One row per family: shadow, nps_silent with its interval, change against `nps` with its interval and
        standard error, p_value, p_holm, verdict.
    """
    degrees = len(draws) - 1
    spread = np.sqrt(draws[:, 1:].var(axis=0, ddof=1) + own_variance)
    errors = (draws[:, 1:] - draws[:, :1]).std(axis=0, ddof=1)
    p_values = 2 * t_tail(np.abs(moved - nps) / np.maximum(errors, 1e-9), degrees)
    reach = t_quantile(0.5 + confidence_level / 2, degrees)
    half = reach * spread
    table = pd.DataFrame(
        {
            "shadow": names,
            "nps_silent": moved,
            "low": np.maximum(moved - half, -100.0),
            "high": np.minimum(moved + half, 100.0),
            "change": moved - nps,
            "change_low": moved - nps - reach * errors,
            "change_high": moved - nps + reach * errors,
            "standard_error": errors,
            "p_value": p_values,
            "p_holm": holm(p_values),
        }
    )
    return table.assign(verdict=[_verdict(row, matters) for row in table.to_dict("records")])


def _verdict(row: Mapping[Any, Any], matters: float) -> Verdict:
    if row["p_holm"] < _LEVEL:
        return "contradicts"
    agrees = judge(row["change_low"], row["change_high"], matters=matters) == "agrees"
    return "agrees" if agrees else "cannot tell"


def holm(p_values: Floats) -> Floats:
    """Return p-values corrected by Holm's step-down rule.

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03])).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values)
    scaled = np.maximum.accumulate(p_values[order] * np.arange(len(p_values), 0, -1))
    corrected = np.empty(len(p_values))
    corrected[order] = np.minimum(scaled, 1.0)
    return corrected
