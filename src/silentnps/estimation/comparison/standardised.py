"""Features as columns with mean 0 and standard deviation 1: numbers as they are, categories as their levels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from silentnps.numerics.additive_design import is_category
from silentnps.numerics.arrays import Booleans, Floats
from silentnps.numerics.levels import OTHER, as_text, category_levels

_FEWEST_KNOWN = 30
_SMALLEST_SD = 1e-9


@dataclass(frozen=True)
class Standardised:
    """Columns of features, with the mean and the standard deviation of each over a base, shape (k,).

    `levels` has the level of a category whose indicator a column is, and None for a number; `kept` the levels of a
    category that are not pooled. `constant` names features that are the same for everybody, or hardly known.
    """

    names: tuple[str, ...]
    levels: tuple[str | None, ...]
    means: Floats
    sds: Floats
    kept: dict[str, tuple[str, ...]]
    constant: tuple[str, ...] = ()

    @staticmethod
    def of(frame: pd.DataFrame, counts: Floats, *, min_level_n: int = 50) -> Standardised:
        """Standardise every feature of a base; `counts` says how many customers each row stands for.

        Levels of fewer than `min_level_n` rows are pooled; a missing category is a level, a missing number unknown.
        """
        kept = {str(name): category_levels(frame[name], min_level_n=min_level_n)[1] for name in _categories(frame)}
        columns = [(str(name), level) for name in frame.columns for level in kept.get(str(name), (None,))]
        plain = Standardised(
            tuple(name for name, _ in columns),
            tuple(level for _, level in columns),
            np.zeros(len(columns)),
            np.ones(len(columns)),
            kept,
        )
        values, known = plain.transform(frame)
        n = counts @ known
        means = counts @ values / np.maximum(n, 1.0)
        sds = np.sqrt(np.maximum(counts @ values**2 / np.maximum(n, 1.0) - means**2, 0.0))
        return plain._varying(means, sds, (n >= _FEWEST_KNOWN) & (sds > _SMALLEST_SD * (1.0 + np.abs(means))))

    def _varying(self, means: Floats, sds: Floats, varies: Booleans) -> Standardised:
        places = np.flatnonzero(varies)
        left = {self.names[place] for place in places}
        return Standardised(
            tuple(self.names[place] for place in places),
            tuple(self.levels[place] for place in places),
            means[places],
            sds[places],
            self.kept,
            tuple(name for name in dict.fromkeys(self.names) if name not in left),
        )

    def transform(self, frame: pd.DataFrame) -> tuple[Floats, Floats]:
        """Return standardised values, 0 where unknown, and 1 where they are known, both of shape (rows, k)."""
        values, known = np.zeros((len(frame), len(self.names))), np.ones((len(frame), len(self.names)))
        texts: dict[str, pd.Series] = {}
        for place, (name, level) in enumerate(zip(self.names, self.levels, strict=True)):
            if level is None:
                raw = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
                known[:, place] = ~np.isnan(raw)
            else:
                if name not in texts:
                    texts[name] = self._pooled(frame[name])
                raw = (texts[name] == level).to_numpy(dtype=np.float64)
            values[:, place] = np.nan_to_num((raw - self.means[place]) / self.sds[place])
        return values, known

    def _pooled(self, column: pd.Series) -> pd.Series:
        text = as_text(column)
        return text.where(text.isin(self.kept[str(column.name)]), OTHER)


def _categories(frame: pd.DataFrame) -> list[str]:
    return [name for name in frame.columns if is_category(frame[name])]
