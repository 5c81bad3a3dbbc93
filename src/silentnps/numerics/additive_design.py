"""An additive design matrix of features: splines of numbers, indicators of categories and of missing values."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from silentnps.numerics.arrays import Floats
from silentnps.numerics.levels import MISSING, as_text

LINEAR = "straight lines"
"""The group of all columns that are a straight line, or say that a value is missing."""

_FEWEST_OF_LEVEL = 50
_KNOT_QUANTILES = (0.05, 0.35, 0.65, 0.95)


@dataclass(frozen=True)
class NumericTerm:
    """A restricted cubic spline of one numeric column (linear beyond its outer knots).

    `knots` are on the standardised scale z = (x - center) / scale; fewer than three knots mean a straight line.
    `bend`, shape (2 + n, n), turns (1, z, the n columns of `restricted_cubic`) into columns that are uncorrelated
    with z and with each other, with mean 0 and sd 1 on the data that the term was fitted on: a ridge on them
    shrinks to a straight line. `missing` says whether the column has an indicator of missing values.
    """

    column: str
    center: float
    scale: float
    low: float
    high: float
    knots: tuple[float, ...]
    bend: tuple[tuple[float, ...], ...]
    missing: bool

    @property
    def n_bends(self) -> int:
        """Return the number of non-linear columns."""
        return len(self.bend[0]) if self.bend else 0

    @property
    def width(self) -> int:
        """Return the number of columns of the design."""
        return 1 + self.n_bends + int(self.missing)

    @property
    def groups(self) -> tuple[str, ...]:
        """Return, for each column of the design, the group that shares its penalty."""
        bends = (f"bends of {self.column}" for _ in range(self.n_bends))
        return (LINEAR, *bends, *(LINEAR for _ in range(int(self.missing))))

    def transform(self, values: pd.Series) -> Floats:
        """Return the columns of the design, shape (n, width)."""
        raw = values.to_numpy(dtype=np.float64, na_value=np.nan)
        absent = np.isnan(raw)
        z = (np.clip(np.where(absent, self.center, raw), self.low, self.high) - self.center) / self.scale
        parts = [z[:, None]]
        if self.bend:
            # not a matrix product: its rounding depends on the number of rows
            parts.append(np.einsum("nk,kj->nj", _spline(z, self.knots), np.array(self.bend)))
        if self.missing:
            parts.append(absent[:, None].astype(np.float64))
        return np.hstack(parts)


@dataclass(frozen=True)
class CategoryTerm:
    """Indicators of the levels of one column; the most frequent is left out, rare and unseen ones are pooled."""

    column: str
    levels: tuple[str, ...]

    @property
    def width(self) -> int:
        """Return the number of columns of the design."""
        return len(self.levels)

    @property
    def groups(self) -> tuple[str, ...]:
        """Return, for each column of the design, the group that shares its penalty."""
        return tuple(f"levels of {self.column}" for _ in self.levels)

    def transform(self, values: pd.Series) -> Floats:
        """Return the indicators, shape (n, width)."""
        levels = np.array(self.levels, dtype=object)
        if isinstance(values.dtype, pd.CategoricalDtype):  # compare each category once, not each row
            text = np.append(values.cat.categories.astype(str).to_numpy(dtype=object), MISSING)
            return np.asarray(text[:, None] == levels[None, :], dtype=np.float64)[values.cat.codes.to_numpy()]
        text = as_text(values).to_numpy(dtype=object)
        return np.asarray(text[:, None] == levels[None, :], dtype=np.float64)


@dataclass(frozen=True)
class AdditiveEncoder:
    """Turns a frame of features into an additive design matrix; made by `fit_encoder`."""

    terms: tuple[NumericTerm | CategoryTerm, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Return, for each column of the design, the feature that it belongs to."""
        return tuple(term.column for term in self.terms for _ in range(term.width))

    @property
    def groups(self) -> tuple[str, ...]:
        """Return, for each column of the design, the group of columns whose effects are alike in size.

        Straight lines form one group; the bends of each number, and the levels of each category, one of their own.
        """
        return tuple(group for term in self.terms for group in term.groups)

    def transform(self, frame: pd.DataFrame) -> Floats:
        """Return the design matrix, shape (rows of `frame`, len(self.columns)), finite everywhere."""
        if not self.columns:
            return np.zeros((len(frame), 0))
        design = np.empty((len(frame), len(self.columns)))
        start = 0
        for term in self.terms:
            design[:, start : start + term.width] = term.transform(frame[term.column])
            start += term.width
        return design

    def combine(self, frame: pd.DataFrame, coefficients: Floats) -> Floats:
        """Return the design times coefficients of shape (columns, k), without building the design; shape (n, k)."""
        product = np.zeros((len(frame), coefficients.shape[1]))
        start = 0
        for term in self.terms:
            # not a matrix product: its rounding depends on the number of rows
            of_term = coefficients[start : start + term.width]
            product += np.einsum("nj,jk->nk", term.transform(frame[term.column]), of_term)
            start += term.width
        return product

    def to_dict(self) -> list[dict[str, Any]]:
        """Return the terms as plain dictionaries, for files."""
        return [asdict(term) for term in self.terms]

    @staticmethod
    def from_dict(terms: list[dict[str, Any]]) -> AdditiveEncoder:
        """Rebuild an encoder from `to_dict`."""
        return AdditiveEncoder(tuple(_term_from_dict(term) for term in terms))


def fit_encoder(frame: pd.DataFrame, *, min_level_n: int = _FEWEST_OF_LEVEL) -> AdditiveEncoder:
    """Learn knots, scales and levels from the columns of `frame`. Constant columns get no term.

    Levels with fewer than `min_level_n` rows are pooled with those never seen.
    """
    terms = (_fit_term(frame[column], min_level_n) for column in frame.columns)
    return AdditiveEncoder(tuple(term for term in terms if term is not None))


def has_terms(frame: pd.DataFrame) -> bool:
    """Return whether an encoder of `frame` has any term, which the first column that varies tells.

    Examples
    --------
    >>> frame = pd.DataFrame({"same": [1.0, 1.0], "other": [0.5, 0.7]})
    >>> has_terms(frame), has_terms(frame[["same"]])
    (True, False)
    """
    return any(_fit_term(frame[column], _FEWEST_OF_LEVEL) is not None for column in frame.columns)


def restricted_cubic(z: Floats, knots: tuple[float, ...]) -> Floats:
    """Return the non-linear part of a restricted cubic spline, shape (n, len(knots) - 2) or (n, 0).

    Harrell (2015), Regression Modeling Strategies, equation 2.25, divided by the squared distance of the outer
    knots: cubic between the knots, linear beyond the outer ones.
    """
    if len(knots) < 3:
        return np.zeros((len(z), 0))
    last, before = knots[-1], knots[-2]
    scale = (last - knots[0]) ** 2

    def cubed(knot: float) -> Floats:
        above = np.maximum(z - knot, 0.0)
        return np.asarray(above * above * above)  # ** 3 takes four times as long

    above_before, above_last = cubed(before), cubed(last)
    columns = [
        cubed(knot)
        - above_before * (last - knot) / (last - before)
        + above_last * (before - knot) / (last - before)
        for knot in knots[:-2]
    ]
    return np.column_stack(columns) / scale


def _spline(z: Floats, knots: tuple[float, ...]) -> Floats:
    return np.column_stack([np.ones(len(z)), z, restricted_cubic(z, knots)])


def _bend(z: Floats, knots: tuple[float, ...]) -> tuple[tuple[float, ...], ...]:
    """Return the matrix `NumericTerm.bend` from the known values, by Gram-Schmidt."""
    raw = _spline(z, knots)
    triangle = np.linalg.qr(raw / np.sqrt(len(z))).R
    sizes = np.abs(np.diag(triangle))
    if len(knots) < 3 or sizes[:2].min() < 1e-9:
        return ()
    kept = np.flatnonzero(sizes > 1e-6)
    inverse = np.linalg.inv(triangle[np.ix_(kept, kept)])
    full = np.zeros((raw.shape[1], len(kept) - 2))
    full[kept] = (inverse * np.sign(np.diag(inverse)))[:, 2:]
    return tuple(tuple(float(x) for x in row) for row in full) if len(kept) > 2 else ()


def is_category(column: pd.Series) -> bool:
    """Return whether a feature column is treated as categorical, which is anything that is not numeric."""
    return not pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype)


def _fit_term(column: pd.Series, min_level_n: int) -> NumericTerm | CategoryTerm | None:
    return _fit_category(column, min_level_n) if is_category(column) else _fit_numeric(column)


def _fit_numeric(column: pd.Series) -> NumericTerm | None:
    raw = column.to_numpy(dtype=np.float64, na_value=np.nan)
    known = raw[~np.isnan(raw)]
    if len(known) == 0:
        return None
    low, high = np.quantile(known, [0.001, 0.999])
    clipped = np.clip(known, low, high)
    center, scale = float(clipped.mean()), float(clipped.std())
    missing = len(known) < len(raw)
    constant = scale < 1e-12 * max(abs(center), 1.0)
    if constant and not missing:
        return None
    scale = 1.0 if constant else scale
    knots = () if constant else _knots((clipped - center) / scale)
    bend = () if constant else _bend((clipped - center) / scale, knots)
    return NumericTerm(str(column.name), center, scale, float(low), float(high), knots, bend, missing)


def _knots(z: Floats) -> tuple[float, ...]:
    if len(np.unique(z)) < 3:
        return ()
    knots = np.unique(np.quantile(z, _KNOT_QUANTILES))
    if len(knots) < 3:  # ties, as in counts that are mostly zero: place the knots among the distinct values
        knots = np.unique(np.quantile(np.unique(z), _KNOT_QUANTILES))
    return tuple(float(knot) for knot in knots) if len(knots) >= 3 else ()


def _fit_category(column: pd.Series, min_level_n: int) -> CategoryTerm | None:
    counts = as_text(column).value_counts().sort_index().sort_values(ascending=False, kind="stable")
    frequent = [str(level) for level in counts.index[counts >= min_level_n]]
    pooled = counts[counts < min_level_n].sum()
    levels = frequent[1:] if pooled < min_level_n else frequent
    return CategoryTerm(str(column.name), tuple(levels)) if levels else None


def _term_from_dict(term: dict[str, Any]) -> NumericTerm | CategoryTerm:
    if "levels" in term:
        return CategoryTerm(term["column"], tuple(term["levels"]))
    bend = tuple(tuple(row) for row in term["bend"])
    return NumericTerm(**{**term, "knots": tuple(term["knots"]), "bend": bend})
