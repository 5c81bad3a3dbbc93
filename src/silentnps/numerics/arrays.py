"""The types of the arrays that the package computes with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


def evenly_spaced(n_rows: int, n: int) -> Integers:
    """Return the positions of at most `n` rows, evenly spaced from the first to the last of `n_rows`.

    Examples
    --------
    >>> evenly_spaced(10, 4).tolist(), evenly_spaced(2, 4).tolist()
    ([0, 3, 6, 9], [0, 1])
    """
    positions: Integers = np.unique(np.linspace(0, max(n_rows - 1, 0), min(n, n_rows)).round().astype(np.int64))
    return positions
