"""The sections of a project's configuration: names, ranges and defaults."""

from __future__ import annotations

import difflib
import re
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationInfo,
    field_validator,
)

from silentnps.data.schema import TABLES


def _code(currency: str) -> str:
    if re.fullmatch("[A-Z]{3}", currency) is None:
        raise ValueError("must be a code of three capital letters such as EUR")
    return currency


Currency = Annotated[str, AfterValidator(_code)]

Rate = Annotated[Decimal, Field(gt=0, max_digits=12)]
"""The worth of one unit of a currency in another one; few enough digits for exact products with amounts."""


def _setting(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


Setting = Annotated[str, BeforeValidator(_setting)]
"""A text; numbers, true and false of YAML need no quotes."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class TableConfig(_Section):
    """Where a canonical table is and what its columns are called there.

    `columns` maps canonical names to the user's names. `table` names a table inside a DuckDB file.
    """

    path: Path
    table: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)


class WavesConfig(_Section):
    """How answers are gathered into survey waves.

    `period` cuts the calendar; `dates` are explicit starts of waves (each lasts to the next); neither means
    one wave. `embargo_hours` is how long before an answer the features of its customer are taken when
    invitations are not recorded. Without responses and invitations the features are those at the last of `dates`.
    """

    period: Literal["month", "quarter", "year"] | None = None
    dates: tuple[datetime, ...] = ()
    embargo_hours: float = Field(default=24.0, ge=0)


class FeaturesConfig(_Section):
    """Roles declared over the catalogue's; attributes of customers that nobody declares are response drivers.

    `higher_is_better` says for each of `csat` and `ces` among the columns of responses whether more is better.
    `exclude` leaves features out, and with one that a learned feature is computed from also that. Customers are
    compared with those of equal `percentile_segment`, a column of customers, else with the whole base.
    `allow_leaks` names features that the leak audit of the training lets pass whatever it finds. `actionable` are
    attributes that one can do something about; of other features the catalogue says so.
    """

    response_drivers: tuple[str, ...] = ()
    shadow_features: tuple[str, ...] = ()
    neither: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    higher_is_better: dict[str, bool] = Field(default_factory=dict)
    percentile_segment: str | None = None
    allow_leaks: tuple[str, ...] = ()
    actionable: tuple[str, ...] = ()


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
"""Candidates of the training, the simplest first."""


class ModelConfig(_Section):
    """How the outcome model is trained: the candidates, and sizes of the cross-fitting and of the trees.

    The sizes are those of `ordinal` and `stack`; `ordinal_long` and `stack_long` learn slowly from many more trees.
    `feature_fraction` is the share of the features that each tree may look at. `fairness` are columns whose groups
    are compared by recall, precision and calibration. `learning_curve` fits anew on shares of the answers.
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
    learning_curve: bool = True

    @field_validator("candidates")
    @classmethod
    def _one_to_choose(cls, candidates: tuple[str, ...]) -> tuple[str, ...]:
        if not {"logistic", "ordinal", "stack", "ordinal_long", "stack_long"} & set(candidates):
            raise ValueError("must hold one that can be chosen: logistic, ordinal, stack, ordinal_long, stack_long")
        return candidates


class LabelsConfig(_Section):
    """How class labels are chosen from the probabilities, which stay as they are.

    `goal`: `shares` gives as many of each class as are estimated among the silent; `macro_f1` and `qwk` the
    largest expected macro F1 or quadratically weighted kappa; `cost` the least expected cost. `cost` has a row for
    each true class and a column for each label, detractor, passive, promoter. A customer whose label has a
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


class EstimationConfig(_Section):
    """How the NPS of silent customers is estimated."""

    confidence_level: float = Field(default=0.95, gt=0.5, lt=1)
    selection_prior_sd: float = Field(default=0.5, gt=0, le=5)
    replicates: int = Field(default=40, ge=10, le=2000)
    segments: tuple[str, ...] = ()
    min_segment_n: int = Field(default=30, ge=1)
    wave: str | None = None
    target_nps: float | None = Field(default=None, ge=-100, le=100)


class ExplanationConfig(_Section):
    """Reasons of the scores.

    `refits` models on resampled persons show which reasons are stable, and give drivers their intervals; 0 leaves
    both out. The fast contributions are held to the reference on `reference_rows` customers. `top` is the number of
    reasons for and against in the scores. `what_if` are scenarios: values of features (null is missing) by name.
    """

    refits: int = Field(default=12, ge=0, le=200)
    reference_rows: int = Field(default=300, ge=0, le=5000)
    top: int = Field(default=3, ge=1, le=20)
    what_if: dict[str, dict[str, bool | float | str | None]] = Field(default_factory=dict)


class TrackingConfig(_Section):
    """Where MLflow keeps runs; without `uri` the usual MLflow variables, or a SQLite file in `output`."""

    uri: str | None = None
    experiment: str | None = None
    registered_model: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")


class GatesConfig(_Section):
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


class CurrenciesConfig(_Section):
    """The currency into which amounts are converted, and the worth of 1 of each other currency in it.

    A row with an amount and without currency is set aside.
    """

    to: Currency
    rates: dict[Currency, Rate] = Field(default_factory=dict)

    @field_validator("rates")
    @classmethod
    def _none_of_its_own(cls, rates: dict[str, Decimal], info: ValidationInfo) -> dict[str, Decimal]:
        if rates.get(info.data.get("to", ""), Decimal(1)) != 1:
            raise ValueError(f"the rate of {info.data['to']} in itself must be 1")
        return rates


class SparkConfig(_Section):
    """The Spark of `engine: spark`: its master, and any of its settings. One that runs already is used."""

    master: str = Field(default="local[*]", min_length=1)
    config: dict[str, Setting] = Field(default_factory=dict)


class ProjectConfig(_Section):
    """A whole project. Relative paths are relative to the file that holds them; `~` is the home folder.

    `engine` is what `features` and `score` run on.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    tables: dict[str, TableConfig]
    output: Path
    engine: Literal["duckdb", "spark"] = "duckdb"
    spark: SparkConfig = SparkConfig()
    timezone: str | None = None
    currencies: CurrenciesConfig | None = None
    waves: WavesConfig = WavesConfig()
    features: FeaturesConfig = FeaturesConfig()
    model: ModelConfig = ModelConfig()
    labels: LabelsConfig = LabelsConfig()
    estimation: EstimationConfig = EstimationConfig()
    explanation: ExplanationConfig = ExplanationConfig()
    tracking: TrackingConfig = TrackingConfig()
    gates: GatesConfig = GatesConfig()
    random_state: int = Field(default=0, ge=0)
    _folder: Path | None = PrivateAttr(default=None)

    @property
    def folder(self) -> Path | None:
        """Return the folder of the file that it was read from; None if it was not read."""
        return self._folder

    @field_validator("tables")
    @classmethod
    def _known_tables(cls, tables: dict[str, TableConfig]) -> dict[str, TableConfig]:
        unknown = sorted(set(tables) - set(TABLES))
        if unknown:
            hint = did_you_mean(unknown[0], list(TABLES))
            raise ValueError(f"unknown table {unknown[0]!r}.{hint} Known tables: {', '.join(TABLES)}")
        if "customers" not in tables:
            raise ValueError("the table 'customers' is missing")
        return tables

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, zone: str | None) -> str | None:
        if zone is not None:
            try:
                ZoneInfo(zone)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                raise ValueError("must be an IANA time zone such as Europe/Berlin or UTC") from None
        return zone


def did_you_mean(name: str, known: list[str]) -> str:
    """Return a hint at the known name that is nearest; empty if none is near."""
    near = difflib.get_close_matches(name, known, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
