"""One YAML file per project, read into validated models."""

from silentnps.config.load import load_config
from silentnps.config.sections import (
    CandidateName,
    CurrenciesConfig,
    Currency,
    EstimationConfig,
    ExplanationConfig,
    FeaturesConfig,
    GatesConfig,
    LabelsConfig,
    ModelConfig,
    ProjectConfig,
    Rate,
    SparkConfig,
    TableConfig,
    TrackingConfig,
    WavesConfig,
)

__all__ = [
    "CandidateName",
    "CurrenciesConfig",
    "Currency",
    "EstimationConfig",
    "ExplanationConfig",
    "FeaturesConfig",
    "GatesConfig",
    "LabelsConfig",
    "ModelConfig",
    "ProjectConfig",
    "Rate",
    "SparkConfig",
    "TableConfig",
    "TrackingConfig",
    "WavesConfig",
    "load_config",
]
