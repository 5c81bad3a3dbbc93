"""Feature frames as the float matrices of trees: columns in their order, categories as codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from silentnps.errors import ModelError
from silentnps.numerics.additive_design import is_category
from silentnps.numerics.arrays import Floats


@dataclass(frozen=True)
class CodeBook:
    """Columns and categories of a frame as the trees saw them."""

    columns: tuple[str, ...]
    categories: dict[str, tuple[str, ...]]

    @staticmethod
    def of(frame: pd.DataFrame) -> CodeBook:
        """Learn the columns and categories of a frame."""
        categories = {
            str(name): tuple(sorted(column.dropna().astype(str).unique()))
            for name, column in frame.items()
            if is_category(column)
        }
        return CodeBook(tuple(str(name) for name in frame.columns), categories)

    def matrix(self, frame: pd.DataFrame) -> Floats:
        """Return the float64 matrix of a frame: categories as codes, unseen and missing ones as NaN.

        Raises
        ------
        ModelError
            If a column is missing, or is text where the model was trained on numbers.
        """
        missing = [name for name in self.columns if name not in frame]
        if missing:
            raise ModelError(
                f"features must have the columns that the model was trained on; {len(missing)} are missing, first "
                f"{missing[0]!r}. Build the features again with this configuration, or train again."
            )
        return np.column_stack([self._column(frame[name]) for name in self.columns])

    def _column(self, column: pd.Series) -> Floats:
        levels = self.categories.get(str(column.name))
        if levels is not None and isinstance(column.dtype, pd.CategoricalDtype):
            places = pd.Index(levels, dtype="object").get_indexer(
                column.cat.categories.astype(str).astype("object")
            )
            codes = np.append(places, -1)[column.cat.codes.to_numpy()]
            return np.where(codes < 0, np.nan, codes).astype(np.float64)
        if levels is not None:
            text = column.astype("object").map(str, na_action="ignore")
            codes = pd.Index(levels, dtype="object").get_indexer(pd.Index(text, dtype="object"))
            return np.where(codes < 0, np.nan, codes).astype(np.float64)
        if is_category(column) and column.notna().any():
            raise ModelError(
                f"feature {str(column.name)!r} must be numeric as in training; got {column.dtype}. "
                "Correct the column, or train again."
            )
        return column.to_numpy(dtype=np.float64, na_value=np.nan)

    @property
    def categorical_positions(self) -> list[int]:
        """Return the positions of the categorical columns."""
        return [i for i, name in enumerate(self.columns) if name in self.categories]

    def constraints(self, wanted: Mapping[str, int] | Sequence[int]) -> list[int]:
        """Return -1, 0 or 1 for each column, from a mapping by name or a sequence in the order of the columns.

        Raises
        ------
        ModelError
            If one is on a column that is absent or categorical, or is not -1, 0 or 1.
        """
        by_name = wanted if isinstance(wanted, Mapping) else dict(zip(self.columns, wanted, strict=True))
        for name, sign in by_name.items():
            if name not in self.columns or (sign and name in self.categories):
                kind = "absent" if name not in self.columns else "categorical"
                raise ModelError(f"monotonic_cst must be of numeric features; got {name!r}, {kind}. Leave it out.")
            if sign not in (-1, 0, 1):
                raise ModelError(f"monotonic_cst of {name!r} must be -1, 0 or 1; got {sign!r}. Correct it.")
        return [by_name.get(name, 0) for name in self.columns]
