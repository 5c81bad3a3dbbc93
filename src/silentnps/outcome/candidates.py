"""The candidates by name: which parts each is made of, and the size of its trees."""

from __future__ import annotations

from dataclasses import dataclass

from silentnps.outcome.cross_fitting import PARTS


@dataclass(frozen=True)
class Candidate:
    """A way to predict the class: the parts whose margins it stacks, and the size of its trees.

    A `comparison` is a baseline or a model without additive margins, and is never chosen.
    """

    parts: tuple[str, ...]
    size: str = "short"
    comparison: bool = False


CANDIDATES = {
    "prior": Candidate((), comparison=True),
    "signals": Candidate(("signals",), comparison=True),
    "proportional_odds": Candidate(("proportional_odds",), comparison=True),
    "multiclass": Candidate(("multiclass",), comparison=True),
    "logistic": Candidate(("linear",)),
    "ordinal": Candidate(("trees",)),
    "stack": Candidate(("trees", "linear")),
    "ordinal_long": Candidate(("trees",), "long"),
    "stack_long": Candidate(("trees", "linear"), "long"),
    "ordinal_tuned": Candidate(("trees",), "tuned"),
    "stack_tuned": Candidate(("trees", "linear"), "tuned"),
}
"""The simplest first: of candidates that predict equally well the first is taken."""


def parts_of(candidate: str) -> tuple[int, ...]:
    """Return the positions of the parts of a candidate that can be chosen."""
    return tuple(PARTS.index(part) for part in CANDIDATES[candidate].parts)
