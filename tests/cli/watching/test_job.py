"""How much of a job is done, and how long the rest takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moved_clock import Clock

from silentnps.cli.watching.job import Job

PLAN = {"reading": 10.0, "cross-fitting": 60.0, "writing": 30.0}


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_job_that_takes_its_typical_time_has_the_typical_time_left(clock: Clock) -> None:
    job = Job(PLAN, clock)
    job.begin("reading")
    assert job.seconds_left == pytest.approx(100.0)
    for name, at, left in (("reading", 4.0, 96.0), ("cross-fitting", 10.0, 90.0), ("writing", 70.0, 30.0)):
        clock.seconds = 100.0 + at
        job.begin(name)
        assert job.seconds_left == pytest.approx(left)
        assert job.share == pytest.approx(at / 100.0)


def test_steps_twice_as_slow_double_what_is_left_of_the_rest(clock: Clock) -> None:
    job = Job(PLAN, clock)
    job.begin("reading")
    clock.seconds += 140.0
    job.begin("writing")
    # 140 s for what takes 70 s; 10 s of the typical speed are mixed in: (10 + 140) / (10 + 70)
    assert job.seconds_left == pytest.approx(30.0 * 150.0 / 80.0)


def test_a_slow_start_says_nothing_of_the_steps(clock: Clock) -> None:
    job = Job(PLAN, clock)
    clock.seconds += 500.0
    job.begin("reading")
    clock.seconds += 10.0
    job.begin("cross-fitting")
    assert job.seconds_left == pytest.approx(90.0)


def test_the_pace_of_a_step_decides_over_its_plan_the_more_of_it_is_done(clock: Clock) -> None:
    job = Job(PLAN, clock)
    job.expect("cross-fitting", 15)
    job.begin("reading")
    clock.seconds += 10.0
    job.begin("cross-fitting")
    left = []
    for _ in range(14):
        clock.seconds += 40.0  # in place of 4
        job.count("cross-fitting", 1)
        left.append(job.seconds_left)
    assert left[0] < 15 * 40.0  # one part of fifteen does not overturn the plan
    assert left[-1] == pytest.approx(40.0 + 30.0, rel=0.1)
    assert job.words == "cross-fitting: 14 of 15"


def test_an_overdue_step_without_parts_is_not_said_to_be_over(clock: Clock) -> None:
    job = Job({"explaining": 10.0}, clock)
    job.begin("explaining")
    for _ in range(20):
        clock.seconds += 10.0
        assert job.seconds_left >= 1.0 or clock.seconds < 120.0
        assert job.share < 1.0


moves = st.lists(
    st.tuples(st.sampled_from([*PLAN, "a surprise"]), st.floats(0.0, 500.0), st.integers(0, 4)), max_size=30
)


@given(moves)
def test_the_bar_never_moves_back_whatever_happens(made: list[tuple[str, float, int]]) -> None:
    clock = Clock()
    job = Job(PLAN, clock)
    job.expect("cross-fitting", 15)
    shares = [0.0]
    for name, seconds, parts in made:
        job.count(name, parts) if parts else job.begin(name)
        clock.seconds += seconds
        shares.append(job.share)
        assert job.seconds_left >= 0.0
    assert shares == sorted(shares)
    assert shares[-1] < 1.0


def test_a_step_belongs_to_the_longest_entry_that_its_name_begins_with(clock: Clock) -> None:
    job = Job({"features of": 8.0, "features of buckets": 2.0}, clock)
    assert job.begin("features of orders")
    assert not job.begin("features of returns")
    assert job.words == "features of returns"
    assert job.begin("features of buckets")


def test_a_step_that_no_plan_has_is_shown_and_moves_nothing(clock: Clock) -> None:
    job = Job(PLAN, clock)
    job.begin("cross-fitting")
    left = job.seconds_left
    assert job.begin("searching")
    assert job.words == "searching"
    assert job.seconds_left == left
    unplanned = Job({}, clock)
    assert unplanned.begin("checking")
    assert unplanned.seconds_left is None
    assert unplanned.share is None


def test_parts_that_are_counted_begin_their_step(clock: Clock) -> None:
    job = Job(PLAN, clock)
    job.expect("cross-fitting", 3)
    job.begin("reading")
    assert job.words == "reading"
    assert job.count("cross-fitting", 1)
    assert not job.count("cross-fitting", 5)
    assert job.words == "cross-fitting: 3 of 3"
