"""silentnps: the Net Promoter Score of customers who never answered, with an interval that holds."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from silentnps.bundle.bundle import load_bundle
    from silentnps.config.load import load_config
    from silentnps.data.identity.linked_tables import open_tables
    from silentnps.errors import ConfigError, DataError, ModelError, SilentNPSError
    from silentnps.estimation.formulas.nps_estimate import NPSEstimate
    from silentnps.estimation.wave.estimate_nps import estimate_nps
    from silentnps.estimation.wave.nps_report import NPSReport
    from silentnps.features.catalog import catalog_frame
    from silentnps.features.engine.build import build_features
    from silentnps.features.population.population import build_population
    from silentnps.outcome.ordinal import OrdinalClassifier
    from silentnps.scoring.batch import score_frame as score
    from silentnps.simulation.simulate import simulate

__version__ = "0.1.0"

__all__ = [
    "ConfigError",
    "DataError",
    "ModelError",
    "NPSEstimate",
    "NPSReport",
    "OrdinalClassifier",
    "SilentNPSError",
    "build_features",
    "build_population",
    "catalog_frame",
    "estimate_nps",
    "load_bundle",
    "load_config",
    "open_tables",
    "score",
    "simulate",
]

_HOMES = {
    "ConfigError": "silentnps.errors",
    "DataError": "silentnps.errors",
    "ModelError": "silentnps.errors",
    "SilentNPSError": "silentnps.errors",
    "NPSEstimate": "silentnps.estimation.formulas.nps_estimate",
    "NPSReport": "silentnps.estimation.wave.nps_report",
    "OrdinalClassifier": "silentnps.outcome.ordinal",
    "build_features": "silentnps.features.engine.build",
    "build_population": "silentnps.features.population.population",
    "catalog_frame": "silentnps.features.catalog",
    "estimate_nps": "silentnps.estimation.wave.estimate_nps",
    "load_bundle": "silentnps.bundle.bundle",
    "load_config": "silentnps.config.load",
    "open_tables": "silentnps.data.identity.linked_tables",
    "score": "silentnps.scoring.batch:score_frame",
    "simulate": "silentnps.simulation.simulate",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: `silentnps --help` must not wait for LightGBM."""
    if name not in _HOMES:
        raise AttributeError(f"module 'silentnps' has no attribute {name!r}")
    module, _, attribute = _HOMES[name].partition(":")
    return getattr(import_module(module), attribute or name)


def __dir__() -> list[str]:
    """Return the public names, so that a notebook completes them before they are imported."""
    return [*__all__, "__version__"]
