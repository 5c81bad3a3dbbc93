"""The model as MLflow serves it: rows of built features in; class, probabilities and expected NPS out.

MLflow runs this file where the model is loaded ("models from code").
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd

from silentnps.models.bundle import Bundle, load_bundle
from silentnps.scoring.batch import predict


class ServedModel(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Scores rows as silent customers; an optional boolean column `invited` says who was asked."""

    bundle: Bundle

    def load_context(self, context: Any) -> None:
        """Read the bundle that was logged with the model."""
        self.bundle = load_bundle(Path(context.artifacts["bundle"]))

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Return one row per row of `model_input`: p_*, p_*_if_respondent, expected_nps, nps_class."""
        if "invited" in model_input:
            invited = model_input["invited"].fillna(True).to_numpy(dtype=np.bool_)
        else:
            invited = np.ones(len(model_input), dtype=np.bool_)
        return predict(self.bundle, model_input, invited)


mlflow.models.set_model(ServedModel())
