"""Boosted trees as their text: LightGBM reads it only where it is asked to predict."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from silentnps.numerics.arrays import Floats

if TYPE_CHECKING:
    import lightgbm


@dataclass(frozen=True)
class KeptTrees:
    """A booster that was trained, as the text that `Booster.model_to_string` gave."""

    text: str = field(repr=False)

    @cached_property
    def booster(self) -> lightgbm.Booster:
        """Return the booster."""
        import lightgbm  # heavy, and most commands look up tables of the trees

        return lightgbm.Booster(model_str=self.text)

    def model_to_string(self) -> str:
        """Return the text."""
        return self.text

    def __getstate__(self) -> dict[str, str]:
        """Return what is sent to another process: the text alone."""
        return {"text": self.text}

    def num_trees(self) -> int:
        """Return the number of trees."""
        return self.text.count("\nTree=")

    def predict(self, matrix: Floats, **options: Any) -> Any:
        """Predict as `Booster.predict` does."""
        return self.booster.predict(matrix, **options)
