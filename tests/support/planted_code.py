"""A pickle that leaves a trace if anybody loads it."""

from __future__ import annotations

import io
import pickle
from pathlib import Path

import numpy as np


class Bomb:
    """Makes a folder when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[str]]:
        import os

        return os.mkdir, (str(self.trace),)


def pickled(trace: Path) -> bytes:
    """Return the pickle of a bomb."""
    return pickle.dumps(Bomb(trace))


def pickled_array(trace: Path) -> bytes:
    """Return a file of NumPy whose only object is a bomb."""
    file = io.BytesIO()
    array = np.empty(1, dtype=object)
    array[0] = Bomb(trace)
    np.save(file, array, allow_pickle=True)
    return file.getvalue()
