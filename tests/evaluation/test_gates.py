"""Gates on numbers that are known: each limit decides, and only what it is about."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from silentnps.config import GatesConfig
from silentnps.evaluation.gates import Gate, absolute_gates, failed, relative_gates
from silentnps.evaluation.paired_comparison import Difference
from silentnps.numerics.arrays import Floats, Integers

CALIBRATED = ["calibration, detractors", "calibration, passives", "calibration, promoters"]


def answers(n: int = 6000) -> tuple[Floats, Integers]:
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet([1.0, 1.0, 1.5], n)
    return probabilities, (rng.random(n)[:, None] > probabilities.cumsum(axis=1)).sum(axis=1).clip(max=2)


def absolute(
    *, n_answers: int = 500, leaks: str | None = "", probabilities: Floats | None = None, **limits: Any
) -> list[Gate]:
    calibrated, classes = answers()
    given = calibrated if probabilities is None else probabilities
    return absolute_gates(
        given, classes, n_answers=n_answers, leaks_allowed=leaks, gates=GatesConfig.model_validate(limits)
    )


def relative(metric: str, low: float, high: float, *, same_wave: bool = True, **limits: Any) -> Gate:
    found = Difference(metric, (low + high) / 2, low, high, 1000, 0.95)
    (gate,) = relative_gates({metric: found}, GatesConfig.model_validate(limits), same_wave=same_wave)
    return gate


def test_a_calibrated_model_passes_every_gate() -> None:
    gates = absolute()
    assert failed(gates) == []
    assert [gate.name for gate in gates if gate.name.startswith("calibration")] == CALIBRATED


@pytest.mark.parametrize(("n", "bad"), [(200, []), (199, ["answers of the wave"])])
def test_a_wave_of_few_answers_fails(n: int, bad: list[str]) -> None:
    assert failed(absolute(n_answers=n)) == bad


def test_probabilities_that_are_off_fail_by_class() -> None:
    probabilities, _ = answers()
    off = probabilities @ np.array([[0.7, 0.0, 0.3], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert failed(absolute(probabilities=off)) == [CALIBRATED[0], CALIBRATED[2]]
    assert failed(absolute(probabilities=off, max_ece=0.5)) == []


def test_of_few_answers_a_gap_that_chance_explains_does_not_fail() -> None:
    probabilities, classes = (one[:150] for one in answers())
    gates = absolute_gates(probabilities, classes, n_answers=500, leaks_allowed="", gates=GatesConfig())
    assert max(float(gate.value) for gate in gates if gate.name in CALIBRATED) > 0.05
    assert failed(gates) == []


def test_a_model_that_finds_no_detractors_fails() -> None:
    probabilities, _ = answers()
    backwards = probabilities[:, ::-1]
    assert "lift at 10 % of detractors" in failed(absolute(probabilities=backwards, max_ece=1.0))
    assert failed(absolute(probabilities=backwards, max_ece=1.0, min_lift_at_10=0.0)) == []


@pytest.mark.parametrize("leaks", ["churned", None])
def test_leaks_that_were_allowed_or_are_unknown_fail_unless_switched_off(leaks: str | None) -> None:
    assert failed(absolute(leaks=leaks)) == ["leaks allowed"]
    assert failed(absolute(leaks=leaks, leak_audit=False)) == []


@pytest.mark.parametrize(("low", "verdict"), [(-0.01, "cannot tell"), (0.0, "cannot tell"), (0.001, "FAIL")])
def test_rps_fails_where_it_is_proven_worse(low: float, verdict: str) -> None:
    assert relative("rps", low, 0.02).verdict == verdict
    assert failed([relative("rps", 0.0, 0.02)]) == []
    assert relative("rps", -0.02, 0.0).verdict == "pass"


def test_a_rise_of_rps_may_be_allowed() -> None:
    assert relative("rps", 0.001, 0.02, max_rps_increase=0.005).verdict == "cannot tell"
    assert relative("rps", 0.001, 0.02, max_rps_increase=0.02).verdict == "pass"


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (4.0, 9.0, "cannot tell"),
        (5.1, 9.0, "FAIL"),
        (-9.0, -5.1, "FAIL"),
        (-9.0, -4.0, "cannot tell"),
        (-60.0, 60.0, "cannot tell"),
        (-5.0, 5.0, "pass"),
    ],
)
def test_the_estimate_of_a_wave_fails_where_it_is_proven_to_have_moved(
    low: float, high: float, verdict: str
) -> None:
    assert relative("nps", low, high).verdict == verdict
    assert relative("nps", low, high, max_nps_change=60.0).verdict == "pass"
    between = relative("nps", low, high, same_wave=False).verdict
    assert between == ("warning" if verdict == "FAIL" else verdict)


@pytest.mark.parametrize("metric", ["log_loss", "lift_at_10_detractor"])
def test_other_metrics_are_only_reported(metric: str) -> None:
    assert relative(metric, 1.0, 2.0).verdict == ""
