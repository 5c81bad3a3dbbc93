"""The data of a wave: which wave, which rows, which roles."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from silentnps.config import EstimationConfig, FeaturesConfig, ProjectConfig
from silentnps.errors import ConfigError, DataError
from silentnps.workflow.wave_data import roles_of, settled_data, survey_rows, wave_to_estimate

FRAME = pd.DataFrame(
    {
        "customer_id": ["a", "b", "a", "b", "a"],
        "wave": ["2025-Q1", "2025-Q1", "2025-Q2", "2025-Q2", "2025-Q3"],
        "respondent": [True, False, False, True, False],
        "invited": True,
        "rating": [9.0, None, None, 3.0, None],
        "late": [1.0, 0.0, 2.0, 0.0, 1.0],
        "visits": [3.0, 1.0, 4.0, 1.0, 5.0],
    }
)


def config(wave: str | None = None) -> ProjectConfig:
    tables = {"customers": {"path": Path("c.csv")}}
    return ProjectConfig(name="shop", tables=tables, output=Path("out"), estimation=EstimationConfig(wave=wave))


def test_the_latest_wave_with_answers_is_estimated_unless_one_is_configured() -> None:
    assert wave_to_estimate(FRAME, config()) == "2025-Q2"
    assert wave_to_estimate(FRAME, config("2025-Q1")) == "2025-Q1"
    with pytest.raises(ConfigError, match="must be one of 2025-Q1, 2025-Q2, 2025-Q3; got '2024'"):
        wave_to_estimate(FRAME, config("2024"))
    with pytest.raises(DataError, match="got none in any wave"):
        wave_to_estimate(FRAME.assign(respondent=False), config())


def test_training_takes_everybody_in_the_wave_and_earlier_answers() -> None:
    assert survey_rows(FRAME, "2025-Q2")["customer_id"].tolist() == ["a", "a", "b"]


def test_declared_roles_win_and_others_are_response_drivers() -> None:
    features = FRAME[["late", "visits"]]
    assert roles_of(features, FeaturesConfig(shadow_features=("late",))) == (("visits",), ("late",))
    with pytest.raises(ConfigError, match="got two for 'late'"):
        roles_of(features, FeaturesConfig(shadow_features=("late",), neither=("late",)))


def test_shadows_that_training_demoted_are_drivers_of_the_settled_data() -> None:
    rows = survey_rows(FRAME, "2025-Q2")
    declared = FeaturesConfig(shadow_features=("late",))
    kept = settled_data(rows, {"wave": "2025-Q2", "demoted_shadows": []}, declared)
    moved = settled_data(rows, {"wave": "2025-Q2", "demoted_shadows": ["late"]}, declared)
    assert (kept.shadow_features, moved.shadow_features) == (("late",), ())
    assert "late" in moved.response_drivers
    assert kept.target.tolist() == [False, True, True]
