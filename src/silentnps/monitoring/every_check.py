"""Every check of a new wave, each with its part of the probability of a false alarm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from silentnps.config import MonitoringConfig
from silentnps.monitoring.answers import check_calibration, check_estimate, check_ranking
from silentnps.monitoring.checks import ALPHA_SHARES, Check, Setting, not_judged
from silentnps.monitoring.drift import MovedFeature, check_classifier, check_features, check_predictions
from silentnps.monitoring.responding import check_answer_rate, check_mix
from silentnps.monitoring.wave import Answers, Asked, Wave

_Kind = TypeVar("_Kind")

_LIMITS = {
    "features": "psi",
    "classifier": "classifier_auc",
    "predictions": "psi",
    "answer rate": "answer_rate",
    "who answers": "mix",
    "estimate": "nps",
    "calibration": "calibration",
    "ranking": "auc_loss",
}
"""The limit in the configuration of each check."""


@dataclass(frozen=True)
class Evidence:
    """What there is to judge; what is None cannot be judged, and the text beside it says why.

    `references` are the waves of the training, that of the model first; `asked` and `answers` are pairs of before
    and now.
    """

    references: Sequence[Wave] = ()
    new: Wave | None = None
    no_wave: str = "there is no new wave"
    asked: tuple[Asked, Asked] | None = None
    not_asked: str = "there is no new wave"
    answers: tuple[Answers, Answers] | None = None
    no_answers: str = "there are no new answers"


def every_check(
    evidence: Evidence, config: MonitoringConfig, *, confidence_level: float = 0.95, random_state: int = 0
) -> tuple[list[Check], tuple[MovedFeature, ...]]:
    """Make every check; return the checks in their order, and how each feature moved."""

    def setting(name: str) -> Setting:
        limits = getattr(config, _LIMITS[name])
        return Setting(limits, config.false_alarms * ALPHA_SHARES[name], confidence_level, random_state)

    moved: tuple[MovedFeature, ...] = ()
    if evidence.new is None or not evidence.references:
        checks = [not_judged(name, evidence.no_wave) for name in ("features", "classifier", "predictions")]
    else:
        of_features, moved = check_features(evidence.references, evidence.new, setting("features"))
        checks = [
            of_features,
            check_classifier(evidence.references, evidence.new, setting("classifier")),
            check_predictions(evidence.references, evidence.new, setting("predictions")),
        ]
    checks += _pairwise(evidence.asked, evidence.not_asked, _OF_ASKED, setting)
    checks += _pairwise(evidence.answers, evidence.no_answers, _OF_ANSWERS, setting)
    return checks, moved


_OF_ASKED: dict[str, Callable[[Asked, Asked, Setting], Check]] = {
    "answer rate": check_answer_rate,
    "who answers": check_mix,
}
_OF_ANSWERS: dict[str, Callable[[Answers, Answers, Setting], Check]] = {
    "estimate": check_estimate,
    "calibration": check_calibration,
    "ranking": check_ranking,
}


def _pairwise(
    pair: tuple[_Kind, _Kind] | None,
    why_not: str,
    checks: dict[str, Callable[[_Kind, _Kind, Setting], Check]],
    setting: Callable[[str], Setting],
) -> list[Check]:
    if pair is None:
        return [not_judged(name, why_not) for name in checks]
    return [check(*pair, setting(name)) for name, check in checks.items()]
