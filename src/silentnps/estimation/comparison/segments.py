"""Which segments differ: each against the others of the base, against one of them, or all in pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from silentnps.errors import ConfigError
from silentnps.estimation.comparison.simultaneous import Simultaneous, simultaneous
from silentnps.estimation.wave.segment_table import CutWave
from silentnps.numerics.arrays import Floats

BASE, PAIRS, OTHERS = "base", "pairs", "(the others)"

DIFFERENCE_COLUMNS = (
    *("segmentation", "segment", "other", "n", "n_other", "difference", "low", "high", "standard_error"),
    *("joint_low", "joint_high", "p_value", "p_adjusted", "differs", "detectable"),
    *("base_difference", "base_low", "base_high", "confidence_level"),
)

_MOST_PAIRED = 50
_LARGEST = 200.0


@dataclass(frozen=True)
class _Contrast:
    """One comparison: the silent customers of a segment less those of another, or of all others.

    `weights` has one entry per segment of its cut; `of_base` is the same of all customers, whose NPS is `known` as
    far as they answered. `n` and `n_other` count all customers.
    """

    cut: int
    segment: str
    other: str
    weights: Floats
    of_base: Floats
    known: float
    n: int
    n_other: int


def compare_segments(
    cuts: Sequence[CutWave],
    answers: Sequence[Floats],
    *,
    against: str = BASE,
    min_n: int,
    confidence_level: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """Return how the silent customers of segments differ, the largest differences of each segmentation first.

    Parameters
    ----------
    cuts
        The segmentations: estimates of silent customers, draws, and what these do not show.
    answers
        For each segmentation the sum of the values (-100, 0, 100) of each segment's answers, shape (segments,).
    against
        "base": each segment against all other customers; "pairs": each against each other; else the name of a
        segment, against which each of the others of its segmentation stands.
    min_n
        Segments of fewer customers are compared with none, but count among the others.
    seed
        Of the simulation of the largest |t|, see `simultaneous`.

    Returns
    -------
    One row per comparison: segmentation, segment, other ("(the others)" where these are several), the numbers of
    customers, difference (segment less other, silent customers, points), low, high, standard_error; joint_low and
    joint_high, the interval that holds for all rows of the table at once; p_value, p_adjusted (corrected for all
    rows); differs (0 lies outside the joint interval); detectable (the true difference that the joint interval
    would tell from 0 in 80 of 100 surveys); base_difference, base_low, base_high: of all customers, answered or
    not, the interval of which is a single one.

    Raises
    ------
    ConfigError
        If `against` is no segment that can be compared, or pairs are of more than 50 segments.
    """
    contrasts = [
        one
        for place, (cut, answered) in enumerate(zip(cuts, answers, strict=True))
        for one in _contrasts(place, cut, answered, against, min_n)
    ]
    if not contrasts:
        _check_found(cuts, against, min_n)
        return pd.DataFrame(columns=list(DIFFERENCE_COLUMNS))
    rows = _numbers(cuts, contrasts, confidence_level, seed)
    table = pd.DataFrame(rows, columns=list(DIFFERENCE_COLUMNS))
    places = np.array([one.cut for one in contrasts])
    order = np.lexsort((-table["difference"].abs().to_numpy(), places))
    return table.iloc[order].reset_index(drop=True)


def _contrasts(place: int, cut: CutWave, answers: Floats, against: str, min_n: int) -> list[_Contrast]:
    usable, labels = cut.usable(min_n), cut.segmentation.labels
    if against == BASE:
        return _against_others(place, cut, answers, min_n)
    if against == PAIRS:
        _check_pairs(cut, usable)
        return [_contrast(place, cut, answers, one, [two]) for one, two in combinations(usable, 2)]
    fixed = [code for code in usable if labels[code] == against]
    return [_contrast(place, cut, answers, code, fixed) for code in usable if fixed and code not in fixed]


def _against_others(place: int, cut: CutWave, answers: Floats, min_n: int) -> list[_Contrast]:
    usable, somebody = cut.usable(min_n), [int(code) for code in np.flatnonzero(cut.n_silent)]
    contrasts = []
    for code in usable:
        others = [other for other in somebody if other != code]
        if cut.n[others].sum() >= min_n:
            contrasts.append(_contrast(place, cut, answers, code, others))
    return contrasts[:1] if len(somebody) == 2 and len(contrasts) == 2 else contrasts  # two sides of one difference


def _contrast(place: int, cut: CutWave, answers: Floats, code: int, others: list[int]) -> _Contrast:
    labels = cut.segmentation.labels
    weights, of_base = np.zeros(len(labels)), np.zeros(len(labels))
    weights[code], of_base[code] = 1.0, cut.n_silent[code] / cut.n[code]
    weights[others] = -cut.n_silent[others] / cut.n_silent[others].sum()
    of_base[others] = -cut.n_silent[others] / cut.n[others].sum()
    known = answers[code] / cut.n[code] - answers[others].sum() / cut.n[others].sum()
    other = labels[others[0]] if len(others) == 1 else OTHERS
    n = int(cut.n[code]), int(cut.n[others].sum())
    return _Contrast(place, labels[code], other, weights, of_base, float(known), *n)


def _numbers(
    cuts: Sequence[CutWave], contrasts: Sequence[_Contrast], level: float, seed: int
) -> list[dict[str, Any]]:
    values, errors = np.array([_estimate(cuts[one.cut], one.weights) for one in contrasts]).T
    base = np.array([_estimate(cuts[one.cut], one.of_base, one.known) for one in contrasts])
    sizes = [len(cut.composite) for cut in cuts]
    starts, weights = np.cumsum([0, *sizes]), np.zeros((len(contrasts), sum(sizes)))
    for row, one in zip(weights, contrasts, strict=True):
        row[starts[one.cut] : starts[one.cut + 1]] = one.weights
    joint = simultaneous(
        values,
        np.hstack([cut.draws[:, :-1] for cut in cuts]),
        errors=errors,
        unseen=np.concatenate([cut.unseen for cut in cuts]),
        weights=weights,
        confidence_level=level,
        seed=seed,
    )
    single = joint.half_widths / np.where(errors > 0, errors, 1.0)
    return [
        {
            "segmentation": cuts[one.cut].segmentation.name,
            **{name: getattr(one, name) for name in ("segment", "other", "n", "n_other")},
            "difference": values[i],
            "standard_error": errors[i],
            **_tested(values[i], joint, i),
            "base_difference": base[i, 0],
            **_ends(base[i, 0], single[i] * base[i, 1], "base_"),
            "confidence_level": level,
        }
        for i, one in enumerate(contrasts)
    ]


def _tested(value: float, joint: Simultaneous, i: int) -> dict[str, Any]:
    return {
        **_ends(value, joint.half_widths[i], ""),
        **_ends(value, joint.joint_half_widths[i], "joint_"),
        "p_value": joint.p_values[i],
        "p_adjusted": joint.p_adjusted[i],
        "differs": bool(abs(value) > joint.joint_half_widths[i]),
        "detectable": joint.detectable[i],
    }


def _estimate(cut: CutWave, weights: Floats, known: float = 0.0) -> tuple[float, float]:
    """Return a weighted sum of the segments and its standard error.

    Numbers are those of `silentnps.estimation.wave.segment_table.difference_of`, to the last digit.
    """
    codes = np.flatnonzero(weights)
    value, draws = known, np.zeros(len(cut.draws))
    for code in codes:
        value = value + weights[code] * cut.composite[code]
        draws = draws + weights[code] * cut.draws[:, code]
    variance = draws.var(ddof=1) + sum(weights[code] ** 2 * cut.unseen[code] for code in codes)
    return float(value), float(np.sqrt(variance))


def _ends(value: float, half: float, name: str) -> dict[str, float]:
    return {f"{name}low": max(value - half, -_LARGEST), f"{name}high": min(value + half, _LARGEST)}


def _check_pairs(cut: CutWave, usable: list[int]) -> None:
    if len(usable) > _MOST_PAIRED:
        raise ConfigError(
            f"pairs must be of at most {_MOST_PAIRED} segments; got {len(usable)} of {cut.segmentation.name}. "
            "Compare against the base."
        )


def _check_found(cuts: Sequence[CutWave], against: str, min_n: int) -> None:
    """Refuse a segment to compare with that is in none of the segmentations, or has too few customers."""
    if against in (BASE, PAIRS):
        return
    choices = [cut.segmentation.labels[code] for cut in cuts for code in cut.usable(min_n)]
    if against not in choices:
        listed = ", ".join([BASE, PAIRS, *dict.fromkeys(choices)])
        raise ConfigError(f"against must be one of {listed}; got {against!r}. Choose one of them.")
