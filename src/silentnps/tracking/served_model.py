"""The model as MLflow serves it: rows of built features in; class, probabilities, expected NPS and reasons out.

MLflow runs this file where the model is loaded ("models from code").
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.exceptions import MlflowException
from numpy.typing import NDArray

from silentnps.errors import SilentNPSError
from silentnps.explanation.explain import explain
from silentnps.explanation.margins import Background
from silentnps.explanation.reasons import REASONS, reasons_in_words
from silentnps.models.bundle import Bundle, load_bundle
from silentnps.scoring.batch import predict


class ServedModel(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Scores rows as silent customers; an optional boolean column `invited` says who was asked."""

    bundle: Bundle
    background: Background

    def load_context(self, context: Any) -> None:
        """Read the bundle, and the background of its reasons, that were logged with the model."""
        self.bundle = load_bundle(Path(context.artifacts["bundle"]))
        text = Path(context.artifacts["background"]).read_text(encoding="utf-8")
        self.background = Background.from_dict(json.loads(text))

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Return for each row p_*, p_*_if_respondent, expected_nps, nps_class, nps_band, reasons_for and _against.

        Reasons take most of the time: the parameter `reasons` false leaves them empty.
        """
        try:
            _check_finite(model_input)
            invited = _invited(model_input)
            scores = predict(self.bundle, model_input, invited)
            wanted = bool((params or {}).get("reasons", True))
            reasons = self._reasons(model_input, invited) if wanted else dict.fromkeys(REASONS, "")
            return scores.assign(**reasons)
        except SilentNPSError as error:
            raise MlflowException.invalid_parameter_value(str(error)) from error

    def _reasons(self, rows: pd.DataFrame, invited: NDArray[np.bool_]) -> dict[str, pd.Series]:
        complete = self.bundle.complete(rows)
        words = reasons_in_words(explain(self.bundle, complete, invited, background=self.background), complete)
        return {name: words[name] for name in REASONS}


def _invited(rows: pd.DataFrame) -> NDArray[np.bool_]:
    if "invited" not in rows:
        return np.ones(len(rows), dtype=np.bool_)
    return rows["invited"].astype("boolean").fillna(True).to_numpy(dtype=np.bool_)


def _check_finite(rows: pd.DataFrame) -> None:
    for name, column in rows.select_dtypes("number").items():
        n_infinite = int(np.isinf(column.to_numpy(dtype=np.float64, na_value=np.nan)).sum())
        if n_infinite:
            raise MlflowException.invalid_parameter_value(
                f"column {str(name)!r} must be finite or missing; got {n_infinite} infinite values. "
                "Correct them, or leave them empty."
            )


mlflow.models.set_model(ServedModel())
