"""The candidates by name: the components of each, and the size of its trees."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Candidate:
    """A way to predict the class: the components whose margins it stacks, and the size of its trees.

    A `comparison` is a baseline or a model without additive margins, and is never chosen.
    """

    components: tuple[str, ...]
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
