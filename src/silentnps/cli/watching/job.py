"""Where a job is: its step, how much of it is done, how long the rest takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_PRIOR = 0.1
"""Typical speed counts as much as this share of the whole job, so that a first short step decides little."""

_OVERDUE = 0.1
"""A step that takes longer than it should is thought to need this share of its time so far in addition."""

_MOST_SHARE = 0.99


@dataclass
class Job:
    """A job in steps.

    Parameters
    ----------
    plan
        The typical seconds of each step, in the order of the steps. A step belongs to the entry by whose name its
        own begins; one without an entry is shown, but counts as part of the entry before.
    clock
        Returns seconds, ever more.
    """

    plan: Mapping[str, float] = field(default_factory=dict)
    clock: Callable[[], float] = time.monotonic
    name: str = ""

    def __post_init__(self) -> None:
        self._start = self._first = self._began = self.clock()
        self._entry = ""
        self._totals: dict[str, int] = {}
        self._done: dict[str, int] = {}
        self._share = 0.0

    def expect(self, name: str, total: int) -> None:
        """Note of how many parts a step is, none of which is done."""
        self._totals[name], self._done[name] = total, 0

    def begin(self, name: str) -> bool:
        """Begin a step; return whether another entry of the plan begins with it, or no plan has it."""
        if name == self.name:
            return False
        self.name = name
        entry = self._entry_of(name)
        if entry == self._entry and entry:
            return False
        if entry and self._place(entry) > self._place(self._entry):
            self._first = self._first if self._entry else self.clock()
            self._entry, self._began = entry, self.clock()
        return True

    def count(self, name: str, parts: int) -> bool:
        """Count parts of a step that are done, which is the present step now; return as `begin`."""
        self._done[name] = min(self._done.get(name, 0) + parts, self._totals.get(name, 0))
        return self.begin(name)

    @property
    def elapsed(self) -> float:
        """Return the seconds since the job began."""
        return self.clock() - self._start

    @property
    def n_parts(self) -> int:
        """Return of how many parts the present step is; 0 where this is not known."""
        return self._totals.get(self.name, 0)

    @property
    def n_done(self) -> int:
        """Return how many parts of the present step are done."""
        return self._done.get(self.name, 0)

    @property
    def words(self) -> str:
        """Return the present step with its parts, such as `cross-fitting: 12 of 15`; at first `starting`."""
        done = self.n_done
        return f"{self.name}: {done:,} of {self.n_parts:,}" if done else self.name or "starting"

    @property
    def seconds_left(self) -> float | None:
        """Return about how many seconds the rest takes; None without a plan.

        Steps take their typical seconds, times how much slower or faster those before were (without what was before
        the first step); the present step comes to be judged by its own pace, the more of it is done.
        """
        if not self.plan:
            return None
        weights = list(self.plan.values())
        place = self._place(self._entry)
        before, later = sum(weights[: max(place, 0)]), sum(weights[place + 1 :])
        prior = _PRIOR * sum(weights)
        pace = (prior + self._began - self._first) / (prior + before)
        return self._rest_of_step(pace * self.plan.get(self._entry, 0.0)) + pace * later

    @property
    def share(self) -> float | None:
        """Return the share of the job's time that is over, which never falls; None without a plan."""
        left = self.seconds_left
        if left is None:
            return None
        elapsed = self.elapsed
        if elapsed > 0:
            self._share = max(self._share, min(elapsed / (elapsed + left), _MOST_SHARE))
        return self._share

    def _rest_of_step(self, expected: float) -> float:
        spent = self.clock() - self._began
        if self.n_parts:
            undone = 1.0 - self.n_done / self.n_parts
            return undone * (spent + undone * expected)
        return max(expected - spent, _OVERDUE * spent) if expected else 0.0

    def _entry_of(self, name: str) -> str:
        fits = [entry for entry in self.plan if name.startswith(entry)]
        return max(fits, key=len, default="")

    def _place(self, entry: str) -> int:
        return list(self.plan).index(entry) if entry else -1
