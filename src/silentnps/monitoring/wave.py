"""What monitoring looks at: the customers of one wave, and answers with what was predicted of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.numerics.nps import CLASS_VALUES


@dataclass(frozen=True)
class Wave:
    """Customers of a wave, one row each.

    `customers` are their ids, `features` what the model takes from the tables, `expected_nps` its predictions in
    points.
    """

    name: str
    customers: np.ndarray
    features: pd.DataFrame
    expected_nps: Floats

    def take(self, rows: Booleans) -> Wave:
        """Return the rows of a mask."""
        return Wave(self.name, self.customers[rows], self.features[rows], self.expected_nps[rows])


@dataclass(frozen=True)
class Answers:
    """Class probabilities as respondents, shape (n, 3), by a model that did not see them, and classes, (n,)."""

    probabilities: Floats
    classes: Integers

    @property
    def n(self) -> int:
        """Return how many there are."""
        return len(self.classes)

    @property
    def residuals(self) -> Floats:
        """Return what each answer added to NPS beyond what was expected, in points, shape (n,)."""
        return np.asarray(CLASS_VALUES[self.classes] - self.probabilities @ CLASS_VALUES)

    @property
    def variances(self) -> Floats:
        """Return the variance by its probabilities of what each answer adds to NPS, points squared, (n,)."""
        return np.asarray(self.probabilities @ CLASS_VALUES**2 - (self.probabilities @ CLASS_VALUES) ** 2)


@dataclass(frozen=True)
class Asked:
    """Customers who were asked long enough ago: who answered, (n,), and what they are like.

    `cuts` are the places of the customers among groups by the name of what divides them, e.g. by region, each (n,);
    -1 is in no group.
    """

    answered: Booleans
    cuts: dict[str, Integers]

    @property
    def n(self) -> int:
        """Return how many there are."""
        return len(self.answered)
