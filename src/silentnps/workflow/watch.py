"""How a long job tells somebody what it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Watch(Protocol):
    """Somebody who watches a job."""

    def say(self, text: str) -> None:
        """Take a line of news."""

    def step(self, name: str) -> None:
        """Begin a step, which ends the one before."""

    def bar(self, title: str, total: int) -> Callable[[int], None]:
        """Expect a step of `total` parts; the function that is returned counts parts that are done.

        The step begins with `step(title)`, or else with the first part.
        """


class Quiet:
    """Watches nothing."""

    def say(self, text: str) -> None:
        """Drop the line."""

    def step(self, name: str) -> None:
        """Drop the name."""

    def bar(self, title: str, total: int) -> Callable[[int], None]:
        """Return a function that does nothing."""
        return lambda parts: None


QUIET = Quiet()


def so_far(advance: Callable[[int], None]) -> Callable[[int], None]:
    """Return a function that takes how many parts are done so far; `advance` takes how many more are.

    Examples
    --------
    >>> tell = so_far(print)
    >>> tell(3), tell(7)
    3
    4
    (None, None)
    """
    before = 0

    def tell(parts: int) -> None:
        nonlocal before
        advance(parts - before)
        before = parts

    return tell
