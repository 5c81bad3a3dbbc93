"""The doubly robust estimate of the class shares of silent customers under a fitted selection model."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from silentnps.estimation.formulas.gamma_prior import PriorScale
from silentnps.estimation.formulas.refitting import OriginalFit, refit_problem
from silentnps.estimation.formulas.selection import (
    SelectionModel,
    SelectionProblem,
    fit_problem,
    fit_selection,
    tilt,
)
from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.numerics.nps import CLASS_VALUES, SILENT
from silentnps.numerics.silent_population import SilentPopulation, strata

_TRIM = 30.0
_SMALLEST_SHARE = 1e-4


@dataclass(frozen=True)
class Sample:
    """The customers of one wave, one row each.

    `classes` holds 0, 1, 2 and -1 for silent customers; `invited` says who was asked; `drivers` is the design
    matrix f(u) of the response drivers; `weights` are frequency weights of the rows (1 each, or bootstrap counts);
    `groups` labels the columns of `drivers` that share a penalty. Where silent customers are a sample, `population`
    knows all of them; means over silent customers and their numbers are then those of everybody.
    """

    classes: Integers
    invited: Booleans
    drivers: Floats
    weights: Floats
    groups: tuple[str, ...] = ()
    population: SilentPopulation | None = None

    def take(self, rows: Integers) -> Sample:
        """Return the chosen rows."""
        return replace(
            self,
            classes=self.classes[rows],
            invited=self.invited[rows],
            drivers=self.drivers[rows],
            weights=self.weights[rows],
            population=self.population and self.population.take(rows),
        )

    @property
    def answered(self) -> Booleans:
        """Return who answered."""
        return np.asarray(self.classes != SILENT)

    @property
    def invited_silent(self) -> Booleans:
        """Return who was asked and stayed silent."""
        return self.invited & ~self.answered

    @property
    def n_silent(self) -> Integers:
        """Return how many silent customers were invited, and how many never were, shape (2,)."""
        if self.population is not None:
            return self.population.n
        return np.array([group.sum() for group in strata(self.answered, self.invited)], dtype=np.int64)

    @property
    def counts(self) -> Floats | None:
        """Return how many customers each row stands for, shape (n,); None where each stands for itself."""
        return None if self.population is None else self.population.counts(self.answered, self.invited)


@dataclass(frozen=True)
class PointEstimate:
    """Class shares of all silent customers, and what they were computed from.

    `shares` sums to 1 (detractor, passive, promoter) and is NaN if nobody stayed silent; `silent_probabilities`
    is, for every row, the law of its class had it been silent, shape (n, 3); `corrections` are the weights of
    respondents (0 for silent customers, sum 1).
    """

    shares: Floats
    selection: SelectionModel
    silent_probabilities: Floats
    corrections: Floats
    trimmed_share: float
    invitation: SelectionModel | None = None

    @property
    def nps(self) -> float:
        """Return the NPS of silent customers in points."""
        return float(self.shares @ CLASS_VALUES)


def select(
    probabilities: Floats,
    sample: Sample,
    *,
    prior_sd: PriorScale,
    prior_mean: Floats | None = None,
    fixed_gamma: Floats | None = None,
    start: SelectionModel | None = None,
    original: OriginalFit | None = None,
) -> SelectionModel:
    """Fit the selection model on the invited of a sample; see `fit_selection`.

    Pass `original` where a replicate has relearned its probabilities: see
    `silentnps.estimation.formulas.refitting`.
    """
    if original is not None:
        problem = invited_problem(
            probabilities, sample, prior_sd=prior_sd, prior_mean=prior_mean, original=original
        )
        return fit_problem(problem, groups=sample.groups, start=start)
    rows = _invited_rows(sample)
    return fit_selection(
        probabilities[rows],
        sample.drivers[rows],
        ~sample.answered[rows],
        weights=sample.weights[rows],
        prior_sd=prior_sd,
        prior_mean=prior_mean,
        fixed_gamma=fixed_gamma,
        groups=sample.groups,
        start=start,
    )


def invited_problem(
    probabilities: Floats,
    sample: Sample,
    *,
    prior_sd: PriorScale,
    prior_mean: Floats | None = None,
    original: OriginalFit | None = None,
) -> SelectionProblem:
    """Return the likelihood of selection on the invited of a sample; with `original`, that of a replicate."""
    rows = _invited_rows(sample)
    chosen, drivers, weights = probabilities[rows], sample.drivers[rows], sample.weights[rows]
    silent = ~sample.answered[rows]
    if original is None:
        return SelectionProblem(chosen, drivers, silent, weights, prior_sd, prior_mean, None)
    return refit_problem(chosen, drivers, silent, weights, original, rows, prior_sd=prior_sd, prior_mean=prior_mean)


def _invited_rows(sample: Sample) -> Integers | slice:
    chosen = sample.invited & (sample.weights > 0)
    return slice(None) if chosen.all() else np.flatnonzero(chosen)  # a slice copies nothing


def silent_law(probabilities: Floats, drivers: Floats, invited: Booleans, selection: SelectionModel) -> Floats:
    """Return the class probabilities of silent customers, shape (n, 3).

    An invited silent customer has q(y | x). One who was never invited has the law of the invited, p(y | x)
    P(answer | x) + q(y | x) P(silent | x), assuming that invitation depends on the features only.
    """
    tilted = tilt(probabilities, selection.gamma)
    if invited.all():
        return tilted
    mixed = _law_of_invited(probabilities, tilted, selection, selection.log_odds(drivers))
    return np.where(invited[:, None], tilted, mixed)


def _law_of_invited(probabilities: Floats, tilted: Floats, selection: SelectionModel, log_odds: Floats) -> Floats:
    silence = selection.silence_at(log_odds, probabilities)[:, None]
    return np.asarray(probabilities * (1.0 - silence) + tilted * silence)


def estimate_point(
    probabilities: Floats,
    sample: Sample,
    selection: SelectionModel,
    *,
    uninvited: Floats | None = None,
    start: PointEstimate | None = None,
    invitation: SelectionModel | None = None,
) -> PointEstimate:
    """Estimate the class shares of silent customers.

    For invited silent customers this is the mean of q(y | x) plus the sum over respondents of w * (1[class = y] -
    q(y | x)), with w the odds of silence O(u, y), trimmed and scaled to sum 1. For customers never invited it is
    the same with the law of the invited and w proportional to (1 + O(u, y)) times the odds of not being invited.
    Each silent customer counts once: frequency weights apply to respondents only, so a bootstrap is evaluated on
    the original silent customers. `uninvited` holds the log odds of not being invited, shape (n,). Without it they
    are those of `invitation`, or are fitted on the drivers of `sample`, starting from `start`, an earlier estimate
    of the same wave, whose penalties are kept.
    """
    answered, never = sample.answered, ~sample.invited
    log_odds = selection.log_odds(sample.drivers)
    odds = np.zeros(len(log_odds))
    odds[answered] = np.exp(log_odds[answered] + selection.gamma[sample.classes[answered]])
    weights, trimmed = _normalised(odds, sample.weights, answered)
    n_asked, n_never = sample.n_silent
    law = tilted = tilt(probabilities, selection.gamma)
    shares = np.full(3, np.nan) if answered.all() else _corrected(tilted, sample, 0, weights)
    if never.any():
        mixed = _law_of_invited(probabilities, tilted, selection, log_odds)
        law = np.where(never[:, None], mixed, tilted)
        if uninvited is None:
            invitation = invitation or fit_invitation(sample, start=start.invitation if start else None)
            uninvited = invitation.log_odds(sample.drivers)
        carried = np.where(answered, _carried(odds, uninvited), 0.0)
        never_shares = _corrected(mixed, sample, 1, _normalised(carried, sample.weights, answered)[0])
        shares = (n_asked * shares + n_never * never_shares) / (n_asked + n_never)
    return PointEstimate(on_simplex(shares), selection, law, weights, trimmed, invitation)


def weights_to_silent(point: PointEstimate, sample: Sample) -> tuple[Floats, Floats]:
    """Return weights that make the answers look like all silent customers, and how they depend on the class.

    For customers who were asked these are `corrections`; for those never asked, the weights that `estimate_point`
    uses for them. The two are mixed in proportion to the numbers of silent customers.

    Returns
    -------
    weights, by_class
        `weights` has shape (n,), sum 1, is 0 for silent customers, and is trimmed. `by_class` has shape (n, 3) and
        is not trimmed: the weight of the row had it answered as each class. The law of the weighted answers at x
        is p(y | x) times `by_class`, scaled.
    """
    answered, classes = sample.answered, sample.classes
    odds = np.exp(point.selection.log_odds(sample.drivers)[:, None] + point.selection.gamma)
    scaled = odds / _total(odds, sample)
    never = ~sample.invited
    if point.invitation is None or not never.any():
        return point.corrections, scaled
    carried = _carried(odds, point.invitation.log_odds(sample.drivers)[:, None])
    of_own_class = np.where(answered, carried[np.arange(len(classes)), classes], 0.0)
    never_weights = _normalised(of_own_class, sample.weights, answered)[0]
    n_asked, n_never = sample.n_silent
    share = n_never / (n_never + n_asked)
    by_class = (1.0 - share) * scaled + share * carried / _total(carried, sample)
    return (1.0 - share) * point.corrections + share * never_weights, by_class


def _total(by_class: Floats, sample: Sample) -> float:
    rows = np.flatnonzero(sample.answered)
    return float(sample.weights[rows] @ by_class[rows, sample.classes[rows]])


def _carried(odds: Floats, uninvited: Floats) -> Floats:
    """Return respondents' odds of never being asked: (1 + O(u, y)) times those of not being invited."""
    return np.asarray((1.0 + odds) * np.exp(uninvited))


def fit_invitation(sample: Sample, *, start: SelectionModel | None = None) -> SelectionModel:
    """Fit who was never invited on the response drivers, starting from an earlier fit."""
    return fit_selection(
        np.full((len(sample.classes), 3), 1 / 3),
        sample.drivers,
        ~sample.invited,
        weights=sample.weights,
        fixed_gamma=np.zeros(3),
        groups=sample.groups,
        start=start,
    )


def on_simplex(shares: Floats) -> Floats:
    """Move back shares that a correction pushed below zero: each is at least 0.0001, and they sum to 1."""
    clipped = np.maximum(shares, _SMALLEST_SHARE)
    return np.asarray(clipped / clipped.sum())


def _corrected(law: Floats, sample: Sample, stratum: int, weights: Floats) -> Floats:
    rows = weights > 0
    observed = np.eye(3)[sample.classes[rows]]
    mean = mean_law(law, sample, stratum)
    return np.asarray(mean + weights[rows] @ (observed - law[rows]))


def mean_law(law: Floats, sample: Sample, stratum: int) -> Floats:
    """Return the mean of class probabilities over the silent customers who were invited (0) or never were (1)."""
    group = strata(sample.answered, sample.invited)[stratum]
    if sample.population is not None:
        return sample.population.mean(law, group, stratum)
    return np.asarray(law[group].mean(axis=0)) if group.any() else np.zeros(3)


def _normalised(odds: Floats, copies: Floats, answered: Booleans) -> tuple[Floats, float]:
    cap = _TRIM * np.average(odds[answered], weights=copies[answered])
    weights = copies * odds
    kept = np.minimum(weights, copies * cap)
    return kept / kept.sum(), float(1.0 - kept.sum() / weights.sum())
