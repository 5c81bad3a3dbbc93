"""The truth of a simulation, where there is one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from silentnps.config import ProjectConfig
from silentnps.workflow.decisions.backtest.truth import mean_truth, read_truth

FRAME = pd.DataFrame({"customer_id": ["b", "a", "c"], "wave": ["q1", "q1", "q2"]})


def test_the_truth_is_read_by_customer_and_wave(tmp_path: Path) -> None:
    config = ProjectConfig(name="shop", tables={"customers": {"path": tmp_path / "customers.csv"}}, output=tmp_path)
    assert read_truth(config, FRAME) is None
    path = tmp_path / "truth.parquet"
    pd.DataFrame({"customer_id": ["a"]}).to_parquet(path)  # none of a simulation
    assert read_truth(config, FRAME) is None
    truth = pd.DataFrame(
        {
            "customer_id": ["a", "b", "a"],
            "wave": ["q1", "q1", "q2"],
            "nps_class": ["promoter", "detractor", "passive"],
            "answered": [True, False, False],
        }
    )
    truth.to_parquet(path)
    found = read_truth(config, FRAME)
    assert found is not None
    np.testing.assert_array_equal(found, [-100.0, 100.0, np.nan])
    assert mean_truth(found, np.array([True, True, False])) == 0.0
    assert np.isnan(mean_truth(found, np.array([True, True, True])))
    assert np.isnan(mean_truth(None, np.array([True, True, True])))
