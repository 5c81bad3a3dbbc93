"""The data of a wave: which wave, which rows, which roles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from silentnps.config import EstimationConfig, FeaturesConfig, ProjectConfig
from silentnps.errors import ConfigError, DataError
from silentnps.workflow.wave_data import in_survey, roles_of, settled_data, wave_to_estimate

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
    assert FRAME[in_survey(FRAME, "2025-Q2", random_state=None)].reset_index(drop=True)["customer_id"].tolist() == [
        "a",
        "a",
        "b",
    ]


def test_of_silent_customers_of_earlier_waves_a_sample_is_taken() -> None:
    n_answers, n_silent = 1_500, 7_000
    earlier = pd.DataFrame({"wave": "2025-Q1", "respondent": np.arange(n_answers + n_silent) < n_answers})
    frame = pd.concat([earlier, FRAME[FRAME["wave"] == "2025-Q2"]], ignore_index=True)
    rows, again = (in_survey(frame, "2025-Q2", random_state=0) for _ in range(2))
    silent = rows[n_answers : n_answers + n_silent]
    assert rows[:n_answers].all()
    assert rows[n_answers + n_silent :].all()
    assert silent.sum() == 4 * n_answers
    assert (rows == again).all()
    # a simple random sample: its mean place differs from the middle by no more than 4 standard errors
    places = np.flatnonzero(silent)
    assert abs(places.mean() - n_silent / 2) < 4 * n_silent / np.sqrt(12 * len(places))
    assert not (rows == in_survey(frame, "2025-Q2", random_state=1)).all()


def test_declared_roles_win_and_others_are_response_drivers() -> None:
    features = FRAME[["late", "visits"]]
    assert roles_of(features, FeaturesConfig(shadow_features=("late",))) == (("visits",), ("late",))
    with pytest.raises(ConfigError, match="got two for 'late'"):
        roles_of(features, FeaturesConfig(shadow_features=("late",), neither=("late",)))


def test_shadows_that_training_demoted_are_drivers_of_the_settled_data() -> None:
    rows = FRAME[in_survey(FRAME, "2025-Q2", random_state=None)].reset_index(drop=True)
    declared = FeaturesConfig(shadow_features=("late",))
    kept = settled_data(rows, {"wave": "2025-Q2", "demoted_shadows": []}, declared)
    moved = settled_data(rows, {"wave": "2025-Q2", "demoted_shadows": ["late"]}, declared)
    assert (kept.shadow_features, moved.shadow_features) == (("late",), ())
    assert "late" in moved.response_drivers
    assert kept.target.tolist() == [False, True, True]
