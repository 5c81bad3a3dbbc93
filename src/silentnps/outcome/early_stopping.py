"""Early stopping: how many rounds of boosting pay, by the loss on a held-out part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from silentnps.numerics.arrays import Floats, Integers

if TYPE_CHECKING:
    import lightgbm


@dataclass(frozen=True)
class Stopping:
    """Hold out a share of each class, and stop when the log loss there has not fallen for some rounds."""

    fraction: float
    patience: int
    random_state: int

    def rounds_of_heads(
        self,
        binned: lightgbm.Dataset,
        classes: Integers,
        weights: Floats,
        *,
        n_heads: int,
        rounds: int,
        params: dict[str, Any],
    ) -> list[int]:
        """Return the best number of rounds of each head, at most `rounds`; all rows of `binned` have a class."""
        import lightgbm  # heavy, and what only reads a model does not fit

        held_out = self.held_out(classes)
        learn = np.flatnonzero(~held_out)
        check = np.flatnonzero(held_out)
        best = []
        for k in range(n_heads):
            above = (classes > k).astype(np.float64)
            if len(np.unique(above[learn])) < 2 or len(np.unique(above[check])) < 2:
                best.append(rounds)
                continue
            booster = lightgbm.Booster(
                {**params, "metric": "binary_logloss"}, train_set=_part(binned, learn, above, weights)
            )
            booster.add_valid(_part(binned, check, above, weights), "held out")
            best.append(self._best(booster, rounds))
        return best

    def held_out(self, classes: Integers) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Return which rows are held out: the share of each class, at random."""
        order = np.random.default_rng(self.random_state).permutation(len(classes))
        held_out = np.zeros(len(classes), dtype=np.bool_)
        for code in np.unique(classes):
            rows = order[classes[order] == code]
            held_out[rows[: round(self.fraction * len(rows))]] = True
        return held_out

    def _best(self, booster: lightgbm.Booster, rounds: int) -> int:
        losses: list[float] = []
        while len(losses) < rounds and len(losses) - int(np.argmin(losses or [0.0])) <= self.patience:
            booster.update()
            losses.append(float(booster.eval_valid()[0][2]))
        return int(np.argmin(losses)) + 1


def _part(binned: lightgbm.Dataset, rows: Integers, above: Floats, weights: Floats) -> lightgbm.Dataset:
    return binned.subset(rows).construct().set_label(above[rows]).set_weight(weights[rows])
