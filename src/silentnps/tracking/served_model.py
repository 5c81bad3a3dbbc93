"""The model as MLflow serves it: rows of built features in; class, probabilities, expected NPS and reasons out.

MLflow runs this file when it loads the model ("models from code").
"""

from __future__ import annotations

import json
import logging
from dataclasses import fields
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.exceptions import MlflowException

from silentnps.bundle.bundle import Bundle, load_bundle
from silentnps.bundle.feature_reading import invited_among
from silentnps.config import ScoringConfig
from silentnps.errors import SilentNPSError
from silentnps.explanation.contributions.explain import explain
from silentnps.explanation.contributions.margins import Background
from silentnps.explanation.reasons import REASONS, reasons_in_words
from silentnps.numerics.arrays import Booleans
from silentnps.scoring.batch import predict
from silentnps.scoring.drift import Drift, find_drift, refusal_reasons
from silentnps.scoring.tally import tally

_LIMITS = ScoringConfig()
_DIFFERENCE_COLUMNS = [column.name for column in fields(Drift)]
_LOG = logging.getLogger("silentnps")


class Refusal(MlflowException):  # type: ignore[misc]
    """What is wrong with the rows of a request, in one sentence.

    MLflow's server would prepend the rows that were sent, including any personal data in them.
    """

    def __setattr__(self, name: str, value: object) -> None:
        """Keep the first message."""
        if name != "message" or not hasattr(self, name):
            super().__setattr__(name, value)


class ServedModel(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Scores rows as silent customers; an optional boolean column `invited` says who was asked.

    Columns are read as in training: numbers of any type, texts regardless of case and blanks. A learned column that
    is missing or empty is computed.
    """

    bundle: Bundle
    background: Background

    def load_context(self, context: Any) -> None:
        """Load the bundle and the background of its reasons that were logged with the model."""
        self.bundle = load_bundle(Path(context.artifacts["bundle"]))
        text = Path(context.artifacts["background"]).read_text(encoding="utf-8")
        self.background = Background.from_dict(json.loads(text))

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Return for each row p_*, p_*_if_respondent, expected_nps, nps_class, nps_band, reasons_for and _against.

        Reasons take most of the time: the parameter `reasons` set to false leaves them empty. With `differences`
        set to true, the result instead says how the rows differ from the training data, one row per difference;
        otherwise these are logged.
        """
        options = params or {}
        try:
            if options.get("differences", False):
                return self._differences(model_input)
            invited = invited_among(model_input)
            complete = self.bundle.complete(model_input)
            scores = predict(self.bundle, complete, invited)
            for drift in self._drift(model_input):
                _LOG.warning("%s", drift)
            reasons = (
                self._reasons(complete, invited) if options.get("reasons", True) else dict.fromkeys(REASONS, "")
            )
            return scores.assign(**reasons)
        except SilentNPSError as error:
            raise Refusal.invalid_parameter_value(str(error)) from error

    def _reasons(self, complete: pd.DataFrame, invited: Booleans) -> dict[str, pd.Series]:
        words = reasons_in_words(explain(self.bundle, complete, invited, background=self.background), complete)
        return {name: words[name] for name in REASONS}

    def _drift(self, rows: pd.DataFrame) -> list[Drift]:
        reference = self.bundle.reference
        return find_drift(reference, tally(reference, rows), _LIMITS)

    def _differences(self, rows: pd.DataFrame) -> pd.DataFrame:
        reference = self.bundle.reference
        reasons = refusal_reasons(reference, tally(reference, rows))
        refused = [{"column": name, "what": "refused", "text": text} for name, text in reasons.items()]
        return pd.DataFrame(refused + [drift.to_dict() for drift in self._drift(rows)], columns=_DIFFERENCE_COLUMNS)


mlflow.models.set_model(ServedModel())
