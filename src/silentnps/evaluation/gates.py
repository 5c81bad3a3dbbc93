"""Gates that a model must pass before it is put into use, each with its value, its limit and a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from silentnps.config import GatesConfig
from silentnps.evaluation.paired_comparison import TOP_SHARE, Difference
from silentnps.metrics import expected_calibration_error, lift
from silentnps.numerics.arrays import Floats, Integers
from silentnps.outcome.survey_data import FEW_ANSWERS
from silentnps.schema import NPS_CLASSES

Verdict = Literal["pass", "FAIL", "warning", "cannot tell", ""]
_NO_VERDICT: Verdict = ""
_DRAWS = 100
_DIGITS = {"rps": 4, "log_loss": 3, "lift_at_10_detractor": 2, "nps": 1}
_NAMES = {"rps": "RPS", "log_loss": "log loss", "lift_at_10_detractor": "lift at 10 %", "nps": "NPS"}
"""Digits and names of the metrics that are compared."""


@dataclass(frozen=True)
class Gate:
    """One gate; `verdict` is empty where a number is only reported.

    `cannot tell` does not stop a promotion but is not a pass either: the interval contains both values that pass
    and values that fail.
    """

    name: str
    value: str
    limit: str
    verdict: Verdict


def failed(gates: list[Gate]) -> list[str]:
    """Return the names of the gates that a model did not pass."""
    return [gate.name for gate in gates if gate.verdict == "FAIL"]


def absolute_gates(
    probabilities: Floats, classes: Integers, *, n_answers: int, leaks_allowed: str | None, gates: GatesConfig
) -> list[Gate]:
    """Return the gates of a model alone.

    Parameters
    ----------
    probabilities, classes
        Held-out predictions, shape (n, 3), and classes 0, 1, 2, shape (n,).
    n_answers
        Number of answers of the wave that the model was trained for.
    leaks_allowed
        Names of the features that the leak audit was told to let pass; None if unknown.
    """
    model_gates = [
        _answers(n_answers),
        *_calibration(probabilities, classes, gates),
        _lift(probabilities, classes, gates),
    ]
    if gates.leak_audit:
        allowed = "unknown" if leaks_allowed is None else leaks_allowed or "none"
        model_gates.append(Gate("leaks allowed", allowed, "none", _verdict(leaks_allowed == "")))
    return model_gates


def relative_gates(differences: Mapping[str, Difference], gates: GatesConfig, *, same_wave: bool) -> list[Gate]:
    """Return the gates of a model against the one in use, from differences by metric.

    Metrics without a gate are only reported. `nps` is the change of the estimate; between waves it only warns.
    """
    change_gates = []
    for metric, difference in differences.items():
        limit, verdict = "", _NO_VERDICT
        if metric == "rps":
            limit = f"not proven > {gates.max_rps_increase:g}"
            verdict = _proven(difference.low > gates.max_rps_increase, difference.high <= gates.max_rps_increase)
        if metric == "nps":
            limit = f"not proven > ±{gates.max_nps_change:g}"
            beyond = difference.low > gates.max_nps_change or difference.high < -gates.max_nps_change
            within = -gates.max_nps_change <= difference.low and difference.high <= gates.max_nps_change
            verdict = "warning" if beyond and not same_wave else _proven(beyond, within)
        change_gates.append(Gate(f"change of {_NAMES[metric]}", _in_words(difference), limit, verdict))
    return change_gates


def missing_comparison(what: str, why: str) -> Gate:
    """Return the failed gate of a comparison that could not be made."""
    return Gate(f"change of {what}", why, "must be known", "FAIL")


def no_comparison(what: str, why: str) -> Gate:
    """Return a line without a verdict where there is nothing to compare."""
    return Gate(f"change of {what}", why, "", _NO_VERDICT)


def _answers(n: int) -> Gate:
    return Gate("answers of the wave", f"{n:,}", f"at least {FEW_ANSWERS}", _verdict(n >= FEW_ANSWERS))


def _calibration(probabilities: Floats, classes: Integers, gates: GatesConfig) -> list[Gate]:
    """Return one gate per class: the error must not exceed both the limit and what chance alone explains.

    With few answers even perfect probabilities have an error of a few hundredths.
    """
    chance = _errors_by_chance(probabilities)
    class_gates = []
    for code, name in enumerate(NPS_CLASSES):
        gap = _error(probabilities, classes, code)
        limit = max(gates.max_ece, chance[code])
        why = "" if limit == gates.max_ece else ", so much by chance"
        verdict = _proven(gap > limit, gap <= gates.max_ece)
        class_gates.append(Gate(f"calibration, {name}s", f"{gap:.3f}", f"at most {limit:.3g}{why}", verdict))
    return class_gates


def _errors_by_chance(probabilities: Floats) -> Floats:
    """Return the calibration errors, shape (3,), below which true probabilities stay 95 times out of 100."""
    rng = np.random.default_rng(0)
    ends = probabilities.cumsum(axis=1)[:, :-1]
    errors = []
    for _ in range(_DRAWS):
        classes = (rng.random(len(probabilities))[:, None] > ends).sum(axis=1)
        errors.append([_error(probabilities, classes, code) for code in range(len(NPS_CLASSES))])
    return np.asarray(np.quantile(errors, 0.95, axis=0))


def _error(probabilities: Floats, classes: Integers, code: int) -> float:
    return expected_calibration_error(probabilities[:, code], (classes == code).astype(np.int64))


def _lift(probabilities: Floats, classes: Integers, gates: GatesConfig) -> Gate:
    value = lift(probabilities[:, 0], (classes == 0).astype(np.int64), share=TOP_SHARE)
    limit = f"at least {gates.min_lift_at_10:g}"
    return Gate("lift at 10 % of detractors", f"{value:.2f}", limit, _verdict(value >= gates.min_lift_at_10))


def _in_words(difference: Difference) -> str:
    value, low, high = (
        f"{x:+.{_DIGITS[difference.metric]}f}" for x in (difference.value, difference.low, difference.high)
    )
    return f"{value} ({low} to {high})"


def _proven(beyond: bool, within: bool) -> Verdict:
    return "FAIL" if beyond else "pass" if within else "cannot tell"


def _verdict(passed: bool) -> Verdict:
    return "pass" if passed else "FAIL"
