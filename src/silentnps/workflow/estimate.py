"""Estimate: the NPS of the silent with its interval, from the out-of-fold predictions of training."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from silentnps.config import EstimationConfig
from silentnps.data.atomic import replace_folder
from silentnps.errors import ConfigError, DataError, ModelError
from silentnps.estimate import estimate_from_margins
from silentnps.estimation.nps import NPSEstimate
from silentnps.estimation.result import NPSReport
from silentnps.features.build import KEYS
from silentnps.models.bundle import load_bundle
from silentnps.models.crossfit import OutcomeDesign
from silentnps.models.training import parts_of
from silentnps.tracking.runs import log_estimate
from silentnps.workflow.prepare import survey_data
from silentnps.workflow.project import Project, per_core
from silentnps.workflow.train import digest_of, read_out_of_fold
from silentnps.workflow.watch import QUIET, Watch

_TABLES = ("by_assumption", "segments", "sensitivity")


def estimate(
    project: Project, *, by: Sequence[str] = (), n_jobs: int | None = None, watch: Watch = QUIET
) -> NPSReport:
    """Estimate the NPS of the wave that the model was trained for, write it, and log it to the model's run.

    Parameters
    ----------
    by
        Columns that cut the base into segments, in place of those of the configuration.
    """
    bundle, handed = load_bundle(project.model), read_out_of_fold(project)
    if digest_of(handed.margins) != bundle.info["out_of_fold_digest"]:
        raise ModelError(f"{project.out_of_fold} belongs to another model. Run `silentnps train` again.")
    config = project.config
    estimation = config.estimation.model_copy(update={"segments": tuple(by) or config.estimation.segments})
    data = survey_data(handed.rows, str(bundle.info["wave"]), config.features)
    _check_roles(data.shadow_features, bundle.info)
    report = estimate_from_margins(
        data,
        OutcomeDesign.of(data),
        handed.margins,
        parts_of(str(bundle.info["candidate"])),
        model=config.model,
        estimation=estimation,
        segments=_segment_columns(handed.rows[data.target], estimation),
        random_state=config.random_state,
        n_jobs=n_jobs or per_core(),
        progress=watch.bar("bootstrap", estimation.replicates),
    )
    write_estimate(project, report)
    _log(project, report)
    return report


def write_estimate(project: Project, report: NPSReport) -> None:
    """Write estimate.json and the tables of an estimate into its folder."""

    def write(folder: Path) -> None:
        (folder / "estimate.json").write_text(json.dumps(report.to_dict(), indent=1), encoding="utf-8")
        for name in _TABLES:
            getattr(report, name).to_csv(folder / f"{name}.csv", index=False)

    replace_folder(project.estimate, write)


def read_estimate(project: Project) -> NPSReport:
    """Return the estimate that `write_estimate` wrote.

    Raises
    ------
    DataError
        If there is none or it is damaged.
    """
    folder = project.estimate
    try:
        values = json.loads((folder / "estimate.json").read_text(encoding="utf-8"))
        tables = {name: pd.read_csv(folder / f"{name}.csv") for name in _TABLES}
        return NPSReport(
            silent=NPSEstimate(**values["silent"]),
            base=NPSEstimate(**values["base"]),
            respondents=NPSEstimate(**values["respondents"]),
            headline=values["headline"],
            shares=np.array(list(values["shares"].values())),
            diagnostics=values["diagnostics"],
            warnings=tuple(values["warnings"]),
            **tables,
        )
    except FileNotFoundError:
        raise DataError(f"{folder} holds no estimate. Run `silentnps estimate` first.") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise DataError(f"{folder} is damaged. Run `silentnps estimate` again.") from None


def _check_roles(shadows: tuple[str, ...], info: dict[str, object]) -> None:
    if list(shadows) != info["shadow_features"]:
        raise ConfigError(
            "features.shadow_features must be those of the trained model; they were changed. "
            "Run `silentnps train` again."
        )


def _segment_columns(rows: pd.DataFrame, estimation: EstimationConfig) -> pd.DataFrame:
    usable = [str(name) for name in rows.columns if name not in KEYS]
    for name in estimation.segments:
        if name not in usable:
            attributes = [column for column in usable if isinstance(rows[column].dtype, pd.CategoricalDtype)]
            raise ConfigError(
                f"segments must be columns of the features; got {name!r}. Choose among: {', '.join(attributes)}."
            )
    return rows[list(estimation.segments)].reset_index(drop=True)


def _log(project: Project, report: NPSReport) -> None:
    try:
        run = json.loads((project.output / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    metrics = {
        "silent/nps": report.silent.value,
        "silent/nps_low": report.silent.low,
        "silent/nps_high": report.silent.high,
        "base/nps": report.base.value,
        "survey/nps": report.respondents.value,
    }
    files = [("estimate", path) for path in sorted(project.estimate.iterdir())]
    log_estimate(project.store(), run["run_id"], metrics, files)
