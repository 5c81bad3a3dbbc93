"""The sections on models: training, labels, estimation, explanation and gates."""

from __future__ import annotations

from typing import Any, Literal, get_args

from pydantic import Field, ValidationInfo, field_validator

from silentnps.config.values import Section

CandidateName = Literal[
    "prior",
    "signals",
    "proportional_odds",
    "multiclass",
    "logistic",
    "ordinal",
    "stack",
    "ordinal_long",
    "stack_long",
]
"""Candidate models of the training, simplest first."""


class ModelConfig(Section):
    """How the outcome model is trained: the candidates, the cross-fitting, and the size of the trees.

    The sizes apply to `ordinal` and `stack`; `ordinal_long` and `stack_long` learn slowly with many more trees.
    `feature_fraction` is the share of the features that each tree may use. `fairness` lists columns whose groups
    are compared by recall, precision and calibration. `learning_curve` refits on shares of the answers in every
    training; `train --learning-curve` in one.
    """

    candidates: tuple[CandidateName, ...] = get_args(CandidateName)
    repeats: int = Field(default=3, ge=1, le=20)
    folds: int = Field(default=5, ge=2, le=20)
    trees: int = Field(default=80, ge=1, le=5000)
    leaves: int = Field(default=8, ge=2, le=255)
    learning_rate: float = Field(default=0.08, gt=0, le=1)
    min_leaf_rows: int = Field(default=20, ge=1)
    ridge: float = Field(default=5.0, ge=0)
    feature_fraction: float = Field(default=0.7, gt=0, le=1)
    fairness: tuple[str, ...] = ()
    learning_curve: bool = False

    @field_validator("candidates")
    @classmethod
    def _one_to_choose(cls, candidates: tuple[str, ...]) -> tuple[str, ...]:
        if not {"logistic", "ordinal", "stack", "ordinal_long", "stack_long"} & set(candidates):
            raise ValueError("must hold one that can be chosen: logistic, ordinal, stack, ordinal_long, stack_long")
        return candidates


class LabelsConfig(Section):
    """How class labels are chosen from the probabilities, which stay as they are.

    `goal`: `shares` gives as many labels of each class as are estimated among silent customers; `macro_f1` and
    `qwk` maximize the expected macro F1 or quadratically weighted kappa; `cost` minimizes the expected cost. `cost`
    has one row per true class and one column per label: detractor, passive, promoter. A customer whose label has a
    probability below `uncertain_below` is in the band `uncertain`.
    """

    goal: Literal["shares", "macro_f1", "qwk", "cost"] = "shares"
    cost: tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]] | None = None
    uncertain_below: float = Field(default=0.5, ge=0, le=1)

    @field_validator("cost")
    @classmethod
    def _for_the_goal(cls, cost: Any, info: ValidationInfo) -> Any:
        if info.data.get("goal") != "cost" and cost is not None:
            raise ValueError("is used with goal: cost only; set the goal or leave it out")
        return cost


class EstimationConfig(Section):
    """How the NPS of silent customers is estimated.

    Assumptions agree where the interval of their difference lies within `difference_that_matters` points of 0.
    `selection_step` is by how much selection by satisfaction changes from one wave to the next (log odds, standard
    deviation); it is learned from the waves where it is not declared. An interval of more than `widest_interval`
    points tells too little to decide by; the default is the width of the widest band in use above 0, from 30 to 70,
    so that a wider one fits in none.
    """

    confidence_level: float = Field(default=0.95, gt=0.5, lt=1)
    selection_prior_sd: float = Field(default=0.5, gt=0, le=5)
    selection_step: float | None = Field(default=None, gt=0, le=5)
    replicates: int = Field(default=40, ge=10, le=2000)
    segments: tuple[str, ...] = ()
    min_segment_n: int = Field(default=30, ge=1)
    wave: str | None = None
    target_nps: float | None = Field(default=None, ge=-100, le=100)
    difference_that_matters: float = Field(default=5.0, gt=0, le=200)
    widest_interval: float = Field(default=40.0, gt=0, le=200)


class ExplanationConfig(Section):
    """Reasons of the scores.

    `refits` models on randomly weighted persons show which reasons are stable, and give drivers their intervals; 0
    leaves both out. The fast contributions are held to the reference on `reference_rows` customers. `top` is the
    number of reasons for and against in the scores. `what_if` are scenarios: values of features (null: missing) by
    name.
    """

    refits: int = Field(default=12, ge=0, le=200)
    reference_rows: int = Field(default=300, ge=0, le=5000)
    top: int = Field(default=3, ge=1, le=20)
    what_if: dict[str, dict[str, bool | float | str | None]] = Field(default_factory=dict)


class GatesConfig(Section):
    """What a model must pass before `promote` puts it into use; `estimate` and `leak_audit` switch a gate off.

    `max_ece` holds for each class, on held-out answers. `max_rps_increase` and `max_nps_change` (points) fail where
    the whole interval of the change against the model in use lies beyond.
    """

    max_ece: float = Field(default=0.05, gt=0, le=1)
    min_lift_at_10: float = Field(default=1.0, ge=0, le=10)
    max_rps_increase: float = Field(default=0.0, ge=0, le=1)
    leak_audit: bool = True
    estimate: bool = True
    max_nps_change: float = Field(default=5.0, ge=0, le=200)


class ScoringConfig(Section):
    """How far rows to score may differ from those of the training before `score` ends with exit code 3.

    Of each column: `max_unseen_share` of the rows with a level that training did not see, `max_missing_increase`
    of the share that is empty, `max_outside_share` of the numbers far outside those of the training, and
    `max_shift`, the largest distance between the distributions (0 to 1). Scores are written even so. A column that
    is gone, empty though it was filled, or of another kind is refused whatever the limits.
    """

    max_unseen_share: float = Field(default=0.05, ge=0, le=1)
    max_missing_increase: float = Field(default=0.1, ge=0, le=1)
    max_outside_share: float = Field(default=0.05, ge=0, le=1)
    max_shift: float = Field(default=0.5, ge=0, le=1)
