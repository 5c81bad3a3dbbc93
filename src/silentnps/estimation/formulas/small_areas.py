"""NPS of silent customers by segment: direct and synthetic estimates combined by an empirical-Bayes weight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize

from silentnps.estimation.formulas.doubly_robust import PointEstimate, Sample, mean_law
from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.numerics.nps import CLASS_VALUES
from silentnps.numerics.segmentation import SilentBySegment
from silentnps.numerics.silent_population import strata


@dataclass(frozen=True)
class SegmentEstimates:
    """Estimates for silent customers of each segment, arrays of shape (segments,), in points.

    `composite` is the headline: weight * direct + (1 - weight) * synthetic, shifted so that the segments add up
    to the base. `between_variance` is the variance between segments that the model does not see.
    """

    direct: Floats
    synthetic: Floats
    weight: Floats
    composite: Floats
    between_variance: float
    own_variance: Floats


def estimate_segments(
    point: PointEstimate,
    sample: Sample,
    segment: Integers,
    n_segments: int,
    *,
    weight: Floats | None = None,
    total: float | None = None,
    everybody: SilentBySegment | None = None,
) -> SegmentEstimates:
    """Estimate the NPS of silent customers of every segment.

    Parameters
    ----------
    segment
        Code 0..n_segments-1 of each row's segment.
    weight
        Weights of the direct estimates to use, shape (n_segments,): a bootstrap keeps those of the estimate.
    total
        The NPS of all silent customers that the segments must add up to, in points; that of `point` if absent.
    everybody
        All silent customers of each segment, where the rows hold a sample of them.

    Notes
    -----
    Fay and Herriot (1979), JASA 74, with the corrections of segments as direct observations of what the model
    misses there. The variance between segments maximises the adjusted likelihood of Li and Lahiri (2010), Journal
    of Multivariate Analysis 101, and is therefore never zero; with one or two segments, where that likelihood has
    no maximum, it maximises that of Yoshimori and Lahiri (2014), Journal of Multivariate Analysis 124.
    """
    silent = ~sample.answered
    expected = point.silent_probabilities @ CLASS_VALUES
    model, n_silent, mean = _silent_means(point, sample, segment, n_segments, everybody)
    shift = point.nps - mean if silent.any() else 0.0
    gap, variance = _corrections(point, sample, segment, n_segments, expected, shift)
    between = between_variance(gap - shift, variance)
    if weight is None:
        weight = np.where(np.isfinite(variance), between / (between + variance), 0.0)
    synthetic = model + shift
    direct = model + gap
    composite = weight * direct + (1.0 - weight) * synthetic
    if silent.any():
        composite = _benchmarked(composite, n_silent / n_silent.sum(), point.nps if total is None else total)
    counts = None if sample.counts is None else sample.counts[silent]
    spread = _mean(class_variance(point.silent_probabilities)[silent], segment[silent], n_segments, counts)
    own_variance = spread / np.maximum(n_silent, 1)
    return SegmentEstimates(direct, synthetic, weight, composite, between, own_variance)


def _benchmarked(composite: Floats, shares: Floats, nps: float) -> Floats:
    for _ in range(50):  # one pass is exact, unless a segment is clipped at the end of the scale
        composite = np.clip(composite + nps - composite @ shares, -100.0, 100.0)
    return composite


def own_draws_variance(probabilities: Floats, counts: Floats | None = None) -> float:
    """Return the variance of the realised NPS of customers around its expectation, in squared points.

    `counts` says how many customers each row stands for; 1 each if absent.
    """
    variance = class_variance(probabilities)
    if counts is not None:
        return float(np.average(variance, weights=counts) / counts.sum())
    return float(variance.mean() / max(len(probabilities), 1))


def class_variance(probabilities: Floats) -> Floats:
    """Return the variance of -100, 0 and 100 under the class probabilities of each row, shape (n,)."""
    return np.asarray(probabilities @ CLASS_VALUES**2 - (probabilities @ CLASS_VALUES) ** 2)


def _silent_means(
    point: PointEstimate, sample: Sample, segment: Integers, n: int, everybody: SilentBySegment | None
) -> tuple[Floats, Integers, float]:
    """Return the mean of the model over the silent customers of each segment, their numbers, and that over all."""
    silent = ~sample.answered
    expected = point.silent_probabilities @ CLASS_VALUES
    if everybody is None or sample.population is None:
        overall = float(expected[silent].mean()) if silent.any() else 0.0
        counts = np.bincount(segment[silent], minlength=n)
        return _mean(expected[silent], segment[silent], n), counts, overall
    gap, total = expected - sample.population.control @ CLASS_VALUES, np.zeros(n)
    for stratum, group in enumerate(strata(sample.answered, sample.invited)):
        means = everybody.means[stratum] + _mean(gap[group], segment[group], n)
        total += everybody.n[stratum] * means
    laws = np.array([mean_law(point.silent_probabilities, sample, stratum) for stratum in (0, 1)])
    overall = float(np.average(laws @ CLASS_VALUES, weights=sample.n_silent))
    counts = everybody.n.sum(axis=0)
    return np.where(counts > 0, total / np.maximum(counts, 1), overall), counts, overall


def _mean(values: Floats, codes: Integers, n: int, counts: Floats | None = None) -> Floats:
    """Return the mean of each segment; a segment without rows has the mean of all rows.

    `counts` says how many customers each row stands for; 1 each if absent.
    """
    if counts is not None:
        in_segment = np.bincount(codes, weights=counts, minlength=n)
        overall = float(np.average(values, weights=counts))
        return np.where(
            in_segment > 0,
            np.bincount(codes, weights=values * counts, minlength=n) / np.maximum(in_segment, 1e-300),
            overall,
        )
    sizes = np.bincount(codes, minlength=n)
    overall = float(values.mean()) if len(values) else 0.0
    return np.where(sizes > 0, np.bincount(codes, weights=values, minlength=n) / np.maximum(sizes, 1), overall)


def _corrections(
    point: PointEstimate, sample: Sample, segment: Integers, n: int, expected: Floats, shift: float
) -> tuple[Floats, Floats]:
    """Return each segment's own correction and its sampling variance (infinite with fewer than two answers)."""
    rows: Booleans = point.corrections > 0
    weights, codes = point.corrections[rows], segment[rows]
    residual = CLASS_VALUES[sample.classes[rows]] - expected[rows]
    total = np.bincount(codes, weights=weights, minlength=n)
    safe = np.where(total > 0, total, 1.0)
    gap = np.bincount(codes, weights=weights * residual, minlength=n) / safe
    squared = np.bincount(codes, weights=(weights * (residual - shift)) ** 2, minlength=n) / safe**2
    enough = np.bincount(codes, minlength=n) >= 2
    pooled = float(np.average((residual - shift) ** 2, weights=weights))
    floor = pooled * np.bincount(codes, weights=weights**2, minlength=n) / safe**2
    variance = np.where(enough, np.maximum(0.5 * (squared + floor), 1e-9), np.inf)
    return np.where(enough, gap, shift), variance


def between_variance(gap: Floats, variance: Floats) -> float:
    """Return the variance between segments from gaps observed with a variance each; see `estimate_segments`."""
    known = np.isfinite(variance)
    if not known.any():
        return 1.0
    y, d = gap[known], variance[known]

    def loss(log_a: float) -> float:
        total = np.exp(log_a) + d
        adjustment = log_a if len(y) > 2 else np.log(np.arctan(np.sum(np.exp(log_a) / total))) / len(y)
        return float(-adjustment + 0.5 * np.sum(np.log(total)) + 0.5 * np.sum(y**2 / total))

    best = optimize.minimize_scalar(loss, bounds=(np.log(1e-2), np.log(1e4)), method="bounded")
    return float(np.exp(best.x))
