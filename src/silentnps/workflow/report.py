"""Report: the last training and estimate on one page."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd

import silentnps
from silentnps.data.atomic import replace_file
from silentnps.data.checks import USED
from silentnps.explanation.explain import explain
from silentnps.explanation.summary import driver_table
from silentnps.features.catalog import CATALOG
from silentnps.models.bundle import Bundle, load_bundle
from silentnps.report.content import ReportContent
from silentnps.report.write import write_report
from silentnps.workflow.estimate import read_estimate
from silentnps.workflow.prepare import survey_data
from silentnps.workflow.project import Project
from silentnps.workflow.train import OutOfFold, read_out_of_fold

_EXPLAINED_ROWS = 5000
_SHOWN_FACTS = ("candidate", "wave", "n_answers", "n_answers_of_wave", "n_silent", "silentnps_version")


def report(project: Project, *, truth: float | None = None) -> None:
    """Write report.html; `truth` is the NPS of the silent in points where the data are simulated."""
    bundle = load_bundle(project.model)
    handed = read_out_of_fold(project, bundle)
    estimated = read_estimate(project, model_digest=str(bundle.info["out_of_fold_digest"]))
    wave = str(bundle.info["wave"])
    data = survey_data(handed.rows, wave, project.config.features)
    data = data.as_settled(tuple(bundle.info["demoted_shadows"]))
    content = ReportContent(
        project=project.config.name,
        wave=wave,
        estimate=estimated,
        version=silentnps.__version__,
        generated_at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        metrics=handed.candidates,
        probabilities=handed.probabilities,
        classes=data.classes[data.answered],
        drivers=_drivers(bundle, handed, wave),
        response_drivers=data.response_drivers,
        shadow_features=data.shadow_features,
        feature_words={name: feature.words for name, feature in CATALOG.items()},
        findings=_findings(project),
        model={name: bundle.info[name] for name in _SHOWN_FACTS},
        truth=truth,
    )
    replace_file(project.report, lambda path: write_report(path, content))
    drivers = content.drivers
    replace_file(project.output / "drivers.csv", lambda path: drivers.to_csv(path, index=False))


def _drivers(bundle: Bundle, handed: OutOfFold, wave: str) -> pd.DataFrame:
    rows = handed.rows
    silent = rows[(rows["wave"] == wave) & ~rows["respondent"]]
    sample = silent.iloc[:: max(len(silent) // _EXPLAINED_ROWS, 1)]
    if sample.empty:
        return pd.DataFrame()
    explanation = explain(bundle, sample, sample["invited"].to_numpy(dtype=np.bool_))
    words = {name: feature.words for name, feature in CATALOG.items()}
    return driver_table(explanation, sample, words)


def _findings(project: Project) -> pd.DataFrame:
    try:
        table = pd.read_csv(project.findings)
    except (OSError, ValueError):
        return pd.DataFrame()
    return table[table["severity"] != USED]
