"""silentnps: the Net Promoter Score of customers who never answered, with an interval that holds."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from silentnps.data.simulate import simulate
    from silentnps.errors import ConfigError, DataError, ModelError, SilentNPSError
    from silentnps.estimate import estimate_nps
    from silentnps.estimation.nps import NPSEstimate
    from silentnps.estimation.result import NPSReport
    from silentnps.features.build import build_features
    from silentnps.models.bundle import load_bundle
    from silentnps.models.ordinal import OrdinalClassifier
    from silentnps.scoring.batch import score_frame as score

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
    "estimate_nps",
    "load_bundle",
    "score",
    "simulate",
]

_HOMES = {
    "ConfigError": "silentnps.errors",
    "DataError": "silentnps.errors",
    "ModelError": "silentnps.errors",
    "SilentNPSError": "silentnps.errors",
    "NPSEstimate": "silentnps.estimation.nps",
    "NPSReport": "silentnps.estimation.result",
    "OrdinalClassifier": "silentnps.models.ordinal",
    "build_features": "silentnps.features.build",
    "estimate_nps": "silentnps.estimate",
    "load_bundle": "silentnps.models.bundle",
    "score": "silentnps.scoring.batch:score_frame",
    "simulate": "silentnps.data.simulate",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: `silentnps --help` must not wait for LightGBM."""
    if name not in _HOMES:
        raise AttributeError(f"module 'silentnps' has no attribute {name!r}")
    module, _, attribute = _HOMES[name].partition(":")
    return getattr(import_module(module), attribute or name)
