"""What to do where a check raises an alarm, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from silentnps.monitoring.checks import Check, Level

_ADVICE = {
    "columns": "Correct the tables, or train again: the model cannot score such rows.",
    "features": "Look where the features named come from. If the change is real, survey soon and train again.",
    "classifier": "See which features moved; if the change is real, survey soon and train again.",
    "predictions": "The base is predicted otherwise than in the training: see which features moved.",
    "answer rate": "Look whether invitations arrived; the estimate of the wave rests on fewer or other answers.",
    "who answers": "Others answer than before: estimate again before waves are compared.",
    "estimate": "The model no longer fits what customers answer: run `silentnps train` on the new answers.",
    "calibration": "Probabilities no longer hold: run `silentnps train` on the new answers.",
    "ranking": "The model ranks customers worse than it did: run `silentnps train` on the new answers.",
    "age of labels": "Survey again and train: nothing newer says how satisfied customers are.",
}

_HEADLINES: dict[Level, str] = {
    "not judged": "Nothing could be judged",
    "fine": "The model is still good, as far as could be judged",
    "attention": "Look at this: something has changed",
    "act": "Act: the model should not be used as it is",
}


def headline(level: Level, checks: Sequence[Check]) -> str:
    """Return the verdict in one line."""
    judged = {check.name for check in checks if check.level != "not judged"}
    if level == "fine" and judged <= {"age of labels"}:
        return "No alarm, but there is nothing new by which to judge the model"
    return _HEADLINES[level]


def advice(checks: Iterable[Check]) -> list[str]:
    """Return what to do about each check that is not fine, the worst first."""
    alarms = [check for check in checks if check.level in ("attention", "act")]
    alarms.sort(key=lambda check: check.level != "act")
    return [_ADVICE[check.name] for check in alarms]
