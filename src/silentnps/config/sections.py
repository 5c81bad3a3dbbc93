"""A whole project, with its engine and its tracking store."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, PrivateAttr, field_validator, model_validator

from silentnps.config.action_section import ActionsConfig
from silentnps.config.data_sections import (
    CurrenciesConfig,
    FeaturesConfig,
    IdentityConfig,
    TableConfig,
    WavesConfig,
)
from silentnps.config.model_sections import (
    EstimationConfig,
    ExplanationConfig,
    GatesConfig,
    LabelsConfig,
    ModelConfig,
    ScoringConfig,
)
from silentnps.config.monitoring_section import MonitoringConfig
from silentnps.config.privacy_sections import PrivacyConfig
from silentnps.config.survey_section import SurveyConfig
from silentnps.config.value_sections import AccountsConfig, ValueConfig
from silentnps.config.values import Section, Setting, did_you_mean
from silentnps.schema import RENAMED_TABLES, TABLES


class TrackingConfig(Section):
    """Where MLflow keeps runs; without `uri` the usual MLflow variables, or a SQLite file in `output`."""

    uri: str | None = None
    experiment: str | None = None
    registered_model: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")


class SparkConfig(Section):
    """The Spark session of `engine: spark`: its master and settings. A running session is reused."""

    master: str = Field(default="local[*]", min_length=1)
    config: dict[str, Setting] = Field(default_factory=dict)


class ProjectConfig(Section):
    """A whole project. Relative paths are relative to the file that holds them; `~` is the home folder.

    `engine` runs `features` and `score`. `reading_seconds` limits the processor time of one pass over a table's
    files, after which they count as damaged; by default the limit grows with their size. `empty_values` are texts
    that mean empty in every column, instead of the usual ones such as N/A. Times before `earliest` count as
    unknown: programs write such times where none is known. `presets` is a folder of the user's own presets for
    exports of other programs.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    tables: dict[str, TableConfig]
    output: Path
    presets: Path | None = None
    engine: Literal["duckdb", "spark"] = "duckdb"
    spark: SparkConfig = SparkConfig()
    timezone: str | None = None
    empty_values: tuple[Setting, ...] | None = None
    earliest: date = date(1990, 1, 1)
    currencies: CurrenciesConfig | None = None
    identity: IdentityConfig = IdentityConfig()
    survey: SurveyConfig = SurveyConfig()
    waves: WavesConfig = WavesConfig()
    features: FeaturesConfig = FeaturesConfig()
    model: ModelConfig = ModelConfig()
    labels: LabelsConfig = LabelsConfig()
    estimation: EstimationConfig = EstimationConfig()
    value: ValueConfig = ValueConfig()
    accounts: AccountsConfig | None = None
    explanation: ExplanationConfig = ExplanationConfig()
    scoring: ScoringConfig = ScoringConfig()
    monitoring: MonitoringConfig = MonitoringConfig()
    actions: ActionsConfig = ActionsConfig()
    privacy: PrivacyConfig = PrivacyConfig()
    tracking: TrackingConfig = TrackingConfig()
    gates: GatesConfig = GatesConfig()
    random_state: int = Field(default=0, ge=0, lt=2**32)
    reading_seconds: float | None = Field(default=None, gt=0, le=1e6)
    _folder: Path | None = PrivateAttr(default=None)

    @property
    def folder(self) -> Path | None:
        """Return the folder of the file from which the configuration was read; None if it was not read."""
        return self._folder

    @field_validator("tables")
    @classmethod
    def _known_tables(cls, tables: dict[str, TableConfig]) -> dict[str, TableConfig]:
        unknown = sorted(set(tables) - set(TABLES))
        if unknown and unknown[0] in RENAMED_TABLES:
            raise ValueError(f"the table {unknown[0]!r} is now {RENAMED_TABLES[unknown[0]]!r}. Rename the key")
        if unknown:
            hint = did_you_mean(unknown[0], list(TABLES))
            raise ValueError(f"unknown table {unknown[0]!r}.{hint} Known tables: {', '.join(TABLES)}")
        if "customers" not in tables:
            raise ValueError("the table 'customers' is missing")
        if tables["customers"].identified_by is not None:
            raise ValueError("the key 'identified_by' must go with a table other than 'customers'. Remove it")
        for name, table in tables.items():
            if table.scale is not None and TABLES[name].kind_of("rating") is None:
                raise ValueError(f"the key 'scale' must go with a table of ratings; got {name!r}. Remove it")
        return tables

    @model_validator(mode="after")
    def _accounts_are_no_feature(self) -> ProjectConfig:
        exclude = self.features.exclude
        if self.accounts is None or self.accounts.column in exclude:
            return self
        features = self.features.model_copy(update={"exclude": (*exclude, self.accounts.column)})
        object.__setattr__(self, "features", features)  # sections are frozen
        return self

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, zone: str | None) -> str | None:
        if zone is not None:
            try:
                ZoneInfo(zone)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                raise ValueError("must be an IANA time zone such as Europe/Berlin or UTC") from None
        return zone
