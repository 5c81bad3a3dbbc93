"""One YAML file per project, read into validated models."""

from silentnps.config.action_section import WRITE_BACK_COLUMNS, ActionsConfig, SalesforceConfig
from silentnps.config.data_sections import (
    CurrenciesConfig,
    FeaturesConfig,
    IdentityConfig,
    LinkConfig,
    RowsConfig,
    TableConfig,
    WavesConfig,
)
from silentnps.config.load import load_config
from silentnps.config.model_sections import (
    CandidateName,
    EstimationConfig,
    ExplanationConfig,
    GatesConfig,
    LabelsConfig,
    ModelConfig,
    ScoringConfig,
)
from silentnps.config.monitoring_section import MonitoringConfig
from silentnps.config.privacy_sections import OptedOutConfig, PrivacyConfig
from silentnps.config.scale import ScaleConfig
from silentnps.config.sections import ProjectConfig, SparkConfig, TrackingConfig
from silentnps.config.server_url import URL, VARIABLE
from silentnps.config.survey_section import SurveyConfig
from silentnps.config.value_sections import AccountsConfig, ValueConfig
from silentnps.config.values import Currency, Rate, within_calendar

__all__ = [
    "URL",
    "VARIABLE",
    "WRITE_BACK_COLUMNS",
    "AccountsConfig",
    "ActionsConfig",
    "CandidateName",
    "CurrenciesConfig",
    "Currency",
    "EstimationConfig",
    "ExplanationConfig",
    "FeaturesConfig",
    "GatesConfig",
    "IdentityConfig",
    "LabelsConfig",
    "LinkConfig",
    "ModelConfig",
    "MonitoringConfig",
    "OptedOutConfig",
    "PrivacyConfig",
    "ProjectConfig",
    "Rate",
    "RowsConfig",
    "SalesforceConfig",
    "ScaleConfig",
    "ScoringConfig",
    "SparkConfig",
    "SurveyConfig",
    "TableConfig",
    "TrackingConfig",
    "ValueConfig",
    "WavesConfig",
    "load_config",
    "within_calendar",
]
