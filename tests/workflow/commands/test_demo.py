"""The demonstration holds no step's data while the next one works."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from silentnps.workflow.commands import demo


class Cyclic:
    """Something that only the search for cycles frees, as matplotlib's figures."""

    def __init__(self) -> None:
        self.itself = self


def test_a_training_is_freed_before_the_estimate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[weakref.ref[Cyclic]] = []

    def train(*_: Any, **__: Any) -> SimpleNamespace:
        figure = Cyclic()
        held.append(weakref.ref(figure))
        return SimpleNamespace(wave="1")

    def estimate(*_: Any, **__: Any) -> None:
        raise InterruptedError("freed" if held[0]() is None else "kept")

    monkeypatch.setattr(demo, "train", train)
    monkeypatch.setattr(demo, "estimate", estimate)
    gc.disable()
    try:
        with pytest.raises(InterruptedError, match="freed"):
            demo.demo(tmp_path, customers=300, seed=0)
    finally:
        gc.enable()
