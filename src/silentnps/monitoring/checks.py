"""What a check says: how large a difference is, whether it may be chance, and what level of alarm that is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Level = Literal["not judged", "fine", "attention", "act"]
LEVELS: tuple[Level, ...] = ("not judged", "fine", "attention", "act")
"""Levels in ascending order."""

EXIT_CODES: dict[Level, int] = {"not judged": 0, "fine": 0, "attention": 3, "act": 4}

ALPHA_SHARES = {
    "features": 0.3,
    "classifier": 0.1,
    "predictions": 0.1,
    "answer rate": 0.1,
    "who answers": 0.1,
    "estimate": 0.1,
    "calibration": 0.1,
    "ranking": 0.1,
}
"""How the probability of a false alarm is spent over the checks by Bonferroni; they sum to 1."""


@dataclass(frozen=True)
class Setting:
    """What a check is held to: its limits, its probability of a false alarm, and the level of its intervals."""

    limits: tuple[float, float]
    alpha: float
    confidence_level: float = 0.95
    random_state: int = 0


@dataclass(frozen=True)
class Check:
    """The result of one check.

    `value` with its interval `low` to `high` is what was measured, `size` what is held to the `limits` for
    attention and for action, `measure` the word for it. `p_value` is adjusted for everything the check looks at,
    and held to `alpha`. `n` counts the rows or answers of the new wave, `n_reference` those before. None: there is
    none.
    """

    name: str
    level: Level
    text: str
    measure: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    confidence_level: float | None = None
    size: float | None = None
    limits: tuple[float, float] | None = None
    p_value: float | None = None
    alpha: float | None = None
    n: int = 0
    n_reference: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON."""
        return asdict(self)


def not_judged(name: str, why: str, *, n: int = 0, n_reference: int = 0) -> Check:
    """Return a check that could not be made, with the reason."""
    return Check(name, "not judged", why, n=n, n_reference=n_reference)


def level_of(size: float, limits: tuple[float, float], *, p_value: float, alpha: float) -> Level:
    """Return the level of a difference: it must be at least as large as a limit, and more than chance.

    Examples
    --------
    >>> level_of(7.0, (5.0, 10.0), p_value=0.001, alpha=0.005)
    'attention'
    >>> level_of(7.0, (5.0, 10.0), p_value=0.01, alpha=0.005), level_of(4.0, (5.0, 10.0), p_value=0.0, alpha=0.005)
    ('fine', 'fine')
    """
    if p_value > alpha or size < limits[0]:
        return "fine"
    return "act" if size >= limits[1] else "attention"


def highest(levels: Iterable[Level]) -> Level:
    """Return the highest level; not judged, if there is none.

    Examples
    --------
    >>> highest(["fine", "act", "not judged"]), highest([])
    ('act', 'not judged')
    """
    return max(levels, key=LEVELS.index, default="not judged")


def signed(number: float, digits: int) -> str:
    """Return a number with its sign, a true minus.

    Examples
    --------
    >>> signed(-0.0284, 3), signed(9.4, 0)
    ('−0.028', '+9')
    """
    return f"{number:+.{digits}f}".replace("-", "−")
