"""The change of an NPS in parts that add up: who the customers are, what happened to them, who answers, the rest.

The expected NPS of a base is the mean of an outcome function over its customers. Each of two periods has three
ingredients, and one can ask what the mean would be with some of each period:

- the attributes of its customers (**mix**), such as region and tenure;
- what happened to customers of given attributes (**behaviour**), as far as features see it;
- the outcome function: what customers of given features think (part of the **rest**).

A part is the Shapley value of its ingredient (Shorrocks 2013, Journal of Economic Inequality 11): the change that
it makes when it is exchanged, averaged over the orders in which the three can be. The rest is everything else: the
outcome function, and what the estimate corrects the model by. The survey's NPS differs from that of the base
because not everybody answers alike: the change of this difference is the part of **who answers**.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import numpy as np

from silentnps.estimation.formulas.selection import fit_selection
from silentnps.estimation.trend.drawn import Drawn
from silentnps.estimation.trend.groups import Group, weighted
from silentnps.numerics.arrays import Booleans, Floats

PARTS = ("mix", "behaviour", "who_answers", "rest")

Corner = tuple[int, int, int]
"""The period, 0 or 1, of the attributes, of what happened, and of the outcome function."""

CORNERS: tuple[Corner, ...] = tuple((a, b, c) for a in (0, 1) for b in (0, 1) for c in (0, 1))

MIX, BEHAVIOUR, OUTCOME = 0, 1, 2


def shapley_weights(ingredient: int) -> dict[Corner, float]:
    """Return by how much each corner counts in the Shapley value of an ingredient.

    Examples
    --------
    >>> weights = shapley_weights(MIX)
    >>> [round(weights[corner], 3) for corner in ((1, 0, 0), (1, 1, 0), (1, 1, 1), (0, 0, 0))]
    [0.333, 0.167, 0.333, -0.333]
    """
    orders = list(permutations(range(3)))
    weights = dict.fromkeys(CORNERS, 0.0)
    for order in orders:
        before = order[: order.index(ingredient)]
        without = tuple(int(player in before) for player in range(3))
        with_it = tuple(int(player in before or player == ingredient) for player in range(3))
        weights[with_it] += 1.0 / len(orders)  # type: ignore[index]
        weights[without] -= 1.0 / len(orders)  # type: ignore[index]
    return weights


def shapley(corners: dict[Corner, Drawn], ingredient: int) -> Drawn:
    """Return the Shapley value of an ingredient, fit by fit."""
    weights = shapley_weights(ingredient)
    return weighted([corners[corner] for corner in CORNERS], [weights[corner] for corner in CORNERS])


@dataclass(frozen=True)
class Exchange:
    """Weights of the customers of two periods, of sum 1 each.

    `own` are those of the customers of each period as they are; `exchanged` weigh them as if they had the
    attributes of the other period's.
    """

    own: tuple[Floats, Floats]
    exchanged: tuple[Floats, Floats]

    @staticmethod
    def of(attributes: Floats, groups: tuple[str, ...], later: Booleans, counts: Floats) -> Exchange:
        """Learn the weights by a logistic regression of the period on the attributes.

        DiNardo, Fortin and Lemieux (1996), Econometrica 64, section 3.

        Parameters
        ----------
        attributes, groups
            Design of the customers of both periods, the earlier first, shape (n, k), and the labels of its columns
            as in `silentnps.estimation.formulas.selection.fit_selection`.
        later
            Who is of the later period, shape (n,).
        counts
            How many customers each row stands for, shape (n,).
        """
        model = fit_selection(
            np.full((len(later), 3), 1.0 / 3.0),
            attributes,
            later,
            weights=counts,
            fixed_gamma=np.zeros(3),
            groups=groups,
        )
        log_odds = model.log_odds(attributes)
        first, second = counts[~later], counts[later]
        exchanged = first * np.exp(log_odds[~later]), second * np.exp(-log_odds[later])
        return Exchange(
            (first / first.sum(), second / second.sum()),
            (exchanged[0] / exchanged[0].sum(), exchanged[1] / exchanged[1].sum()),
        )

    def mean(self, corner: Corner, expected: tuple[Floats, Floats]) -> float:
        """Return the mean of a corner; `expected` is the NPS of each period's customers by its function."""
        attributes, behaviour, _ = corner
        weights = (self.own if attributes == behaviour else self.exchanged)[behaviour]
        return float(weights @ expected[behaviour])


@dataclass(frozen=True)
class Part:
    """A part of a change in every fit, and its variance that no fit shows."""

    drawn: Drawn
    unseen: float


def parts_of(
    before: Group, after: Group, corners: dict[Corner, Drawn], of: str, *, sampling: float = 0.0
) -> dict[str, Part] | None:
    """Return the parts of the change of an NPS (`survey`, `silent` or `base`), which add up to it.

    None where the base is not estimated in both periods. In the base nobody is left out: who answers counts 0
    there. `sampling` is the variance of the corners that comes from samples of silent customers.
    """
    if before.base is None or after.base is None or before.silent is None or after.silent is None:
        return None
    mix, behaviour = shapley(corners, MIX), shapley(corners, BEHAVIOUR)
    rest = after.base - before.base - mix - behaviour
    gaps = [_nps(group, base, of) - base for group, base in ((before, before.base), (after, after.base))]
    shares = {"survey": (before.share_silent, after.share_silent), "base": (0.0, 0.0)}.get(
        of, (1.0 - before.share_silent, 1.0 - after.share_silent)
    )
    unseen = before.silent.unseen, after.silent.unseen
    return {
        "mix": Part(mix, sampling),
        "behaviour": Part(behaviour, sampling),
        "who_answers": Part(gaps[1] - gaps[0], shares[0] ** 2 * unseen[0] + shares[1] ** 2 * unseen[1]),
        "rest": Part(rest, before.share_silent**2 * unseen[0] + after.share_silent**2 * unseen[1]),
    }


def _nps(group: Group, base: Drawn, of: str) -> Drawn:
    """Return the NPS of a group in every fit; that of the survey is known."""
    if of == "survey":
        return base.times(0.0).plus(group.answers.value)
    return base if of == "base" or group.silent is None else group.silent.nps
