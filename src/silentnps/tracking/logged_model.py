"""The logged model: its inputs, outputs and requirements."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mlflow
import mlflow.pyfunc
import mlflow.utils.environment
import pandas as pd
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema
from mlflow.types.schema import AnyType

import silentnps
from silentnps.explanation.reasons import REASONS
from silentnps.numerics.additive_design import is_category
from silentnps.scoring.batch import IF_RESPONDENT, PROBABILITIES
from silentnps.tracking import served_model_path

_PINNED = ("mlflow", "lightgbm", "scikit-learn", "pandas", "numpy", "scipy", "ibis-framework", "duckdb", "pyarrow")

_COMPARING = tuple(sys.modules[name] for name in ("mlflow.utils.environment", "mlflow.pyfunc"))
"""The modules that use it; `mlflow.pyfunc` itself may be a stand-in that loads the module when it is used."""

_COMPARISON = "warn_dependency_requirement_mismatches"
"""The function of MLflow that warns where installed versions differ from the requirements."""


REQUIRED = "silentnps.required"
"""The key in the model's metadata of the columns that rows must have."""


def log_model(bundle: Path, background: Path, example: pd.DataFrame, required: Sequence[str]) -> Any:
    """Log a bundle and the background of its reasons as the model of the active run.

    `example` holds rows of built features; scoring requires those of its columns that are in `required`.
    """
    with _without_comparing_versions():
        return mlflow.pyfunc.log_model(
            name="model",
            python_model=str(served_model_path()),
            artifacts={"bundle": str(bundle), "background": str(background)},
            signature=_signature(example),
            input_example=_as_sent(example),
            metadata={REQUIRED: list(required)},
            pip_requirements=[f"{name}=={version(name)}" for name in _PINNED],
            code_paths=[str(Path(os.path.dirname(silentnps.__file__)))],
        )


@contextmanager
def _without_comparing_versions() -> Iterator[None]:
    """Spare MLflow the comparison of the requirements with what is installed, from where they were just read.

    For a warning that cannot come, it looks for every file of every installed package: seconds of a training.
    """
    before = [(module, getattr(module, _COMPARISON, None)) for module in _COMPARING]
    there = [(module, function) for module, function in before if function is not None]
    try:
        for module, _ in there:
            setattr(module, _COMPARISON, lambda requirements: None)
        yield
    finally:
        for module, function in there:
            setattr(module, _COMPARISON, function)


def _signature(example: pd.DataFrame) -> ModelSignature:
    """Return the names of the inputs, and the outputs with their types.

    MLflow checks neither type nor presence of the inputs here: it would refuse integers in place of floats, and
    quote all rows in its answer. The model checks them itself, against the training data.
    """
    inputs = [ColSpec(AnyType(), str(name), required=False) for name in example.columns]
    outputs = [ColSpec(DataType.double, name) for name in (*PROBABILITIES, *IF_RESPONDENT, "expected_nps")]
    texts = [ColSpec(DataType.string, name) for name in ("nps_class", "nps_band", *REASONS)]
    params = [
        ParamSpec("reasons", DataType.boolean, default=True),
        ParamSpec("differences", DataType.boolean, default=False),
    ]
    return ModelSignature(inputs=Schema(inputs), outputs=Schema([*outputs, *texts]), params=ParamSchema(params))


def _as_sent(example: pd.DataFrame) -> pd.DataFrame:
    sent = example.copy()
    for name in sent.columns:
        if name != "invited" and is_category(sent[name]):
            sent[name] = sent[name].astype("object").where(sent[name].notna(), None)
    return sent
