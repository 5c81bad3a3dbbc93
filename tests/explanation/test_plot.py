"""Pictures keep nothing of those who ask for them; what they show is tested with the explanations."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import gc, sys, weakref
from pathlib import Path
import numpy as np
from silentnps.explanation.feature_groups import Dendrogram
from silentnps.explanation.plot import dendrogram

class Training:
    pass

def draw():
    training = Training()
    dendrogram(Dendrogram(np.array([[0.0, 1.0, 0.5, 2.0]]), ("a", "b")), Path(sys.argv[1]))
    return weakref.ref(training)

training = draw()
gc.collect()
print(training() is None)
"""
"""Prints whether what a caller held is freed once the first picture of a process is drawn."""


def test_the_first_picture_keeps_nothing_of_its_callers(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "picture.png")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "True\n"
    assert (tmp_path / "picture.png").stat().st_size > 0
