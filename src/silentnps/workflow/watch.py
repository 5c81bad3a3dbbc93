"""How a long step tells somebody what it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Watch(Protocol):
    """Somebody who watches a step."""

    def say(self, text: str) -> None:
        """Take a line of news."""

    def bar(self, title: str, total: int) -> Callable[[int], None]:
        """Start a progress bar; the function that is returned advances it."""


class Quiet:
    """Watches nothing."""

    def say(self, text: str) -> None:
        """Drop the line."""

    def bar(self, title: str, total: int) -> Callable[[int], None]:
        """Return a function that does nothing."""
        return lambda steps: None


QUIET = Quiet()
