"""The section on monitoring: from when on a difference asks for attention, and from when on for action."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from silentnps.config.values import Section


def _ascending(limits: tuple[float, float]) -> tuple[float, float]:
    if not 0 <= limits[0] <= limits[1]:
        raise ValueError("must be two numbers, from which on to look and from which on to act, not in this order")
    return limits


Limits = Annotated[tuple[float, float], AfterValidator(_ascending)]
"""The sizes from which on a difference asks for attention, and for action."""


class MonitoringConfig(Section):
    """When `monitor` raises an alarm: a difference must be as large as its limit, and more than chance.

    `false_alarms` is the probability of any alarm in a wave in which nothing changed, spent over all checks. The
    pairs are limits for attention (exit code 3) and action (4): `psi` of a feature or of the predictions,
    `classifier_auc` of the classifier that tells the waves apart, `answer_rate` as a share of the rate before,
    `mix` (PSI) of who answers, `nps` between estimate and answers in points, `calibration` of class probabilities,
    `auc_loss` of the ranking, `label_days` of the answers trained on. Answer rates are of customers who were asked
    at least `settled_days` ago. `command` is a program and its arguments that gets monitor.json on its standard
    input, and `command_seconds` how long it may take.
    """

    false_alarms: float = Field(default=0.05, gt=0, le=0.5)
    psi: Limits = (0.1, 0.25)
    classifier_auc: Limits = (0.6, 0.75)
    answer_rate: Limits = (0.2, 0.5)
    mix: Limits = (0.1, 0.25)
    nps: Limits = (5.0, 10.0)
    calibration: Limits = (0.05, 0.1)
    auc_loss: Limits = (0.05, 0.1)
    label_days: Limits = (550.0, 1100.0)
    settled_days: float = Field(default=21.0, ge=0, le=3650)
    command: tuple[str, ...] = ()
    command_seconds: float = Field(default=60.0, gt=0, le=3600)
