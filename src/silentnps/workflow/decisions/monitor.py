"""Monitor: is the model still good? A newer wave, or the base at a moment, against the training."""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

import silentnps
from silentnps.bundle.bundle import Bundle, load_bundle
from silentnps.config import MonitoringConfig
from silentnps.errors import ModelError
from silentnps.features.population.local_time import naive_utc
from silentnps.monitoring.advice import advice, headline
from silentnps.monitoring.checks import EXIT_CODES, Check, Level, highest
from silentnps.monitoring.drift import MovedFeature
from silentnps.monitoring.every_check import every_check
from silentnps.report.decisions.monitor_page import render_monitor
from silentnps.storage.atomic import replace_folder
from silentnps.storage.spreadsheet_csv import write_csv
from silentnps.tracking.process import IN_THIS_PROCESS, Tracker
from silentnps.tracking.records import EstimateRecord
from silentnps.workflow.artifacts.project import Project, one_at_a_time
from silentnps.workflow.artifacts.run import read_run
from silentnps.workflow.artifacts.store import store_of
from silentnps.workflow.decisions.monitored_waves import Monitored, monitored
from silentnps.workflow.decisions.notify import notify
from silentnps.workflow.watch import QUIET, Watch

SCHEMA_VERSION = 1
"""Version of monitor.json; keys are added without a new one, not removed or changed."""

_SECONDS_PER_DAY = 86_400.0


@dataclass(frozen=True)
class Monitoring:
    """The result: the verdict, every check, and what monitor.json has."""

    level: Level
    checks: tuple[Check, ...]
    content: dict[str, Any]

    @property
    def exit_code(self) -> int:
        """Return 0 (fine), 3 (attention) or 4 (act)."""
        return EXIT_CODES[self.level]

    @property
    def text(self) -> str:
        """Return monitor.json."""
        return json.dumps(self.content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def monitor(
    project: Project,
    *,
    as_of: datetime | None = None,
    tracker: Tracker = IN_THIS_PROCESS,
    watch: Watch = QUIET,
) -> Monitoring:
    """Compare the newest wave with the training, write monitor/, log it, and hand it to the command of the user.

    Only built features are read: `silentnps features` comes before. That the store of MLflow cannot be written, or
    the command fails, is said and changes no verdict.

    Parameters
    ----------
    as_of
        Judge features and predictions of the whole base at this moment, in place of the newest wave.

    Raises
    ------
    DataError, ModelError
        If features, the model, or what its training left are missing or damaged.
    """
    result = _monitor(project, as_of, watch)
    _log(project, result, tracker, watch)
    options = project.config.monitoring
    if options.command:
        watch.step("running monitoring.command")
        wrong = notify(options.command, result.text, folder=project.config.folder, seconds=options.command_seconds)
        if wrong:
            watch.say(wrong)
    return result


@one_at_a_time
def _monitor(project: Project, as_of: datetime | None, watch: Watch) -> Monitoring:
    bundle = load_bundle(project.model)
    now = naive_utc(as_of) if as_of else _now()
    seen = monitored(project, bundle, as_of=as_of, now=now, watch=watch)
    watch.step("judging")
    config = project.config
    checks, moved = every_check(
        seen.evidence,
        config.monitoring,
        confidence_level=config.estimation.confidence_level,
        random_state=config.random_state,
    )
    checks = [_columns(seen), *checks, _age(seen, config.monitoring)]
    level = highest(check.level for check in checks)
    content = _content(project, bundle, seen, now, level, checks, moved)
    result = Monitoring(level, tuple(checks), content)
    watch.step("writing the page")
    _write(project, result)
    return result


def _columns(seen: Monitored) -> Check:
    if seen.refused:
        others = f" {len(seen.refused) - 1} more columns cannot be scored." if len(seen.refused) > 1 else ""
        return Check("columns", "act", f"{next(iter(seen.refused.values()))}{others}", n=seen.n)
    if seen.wave is None:
        return Check("columns", "not judged", seen.evidence.no_wave)
    return Check("columns", "fine", "every column that the model needs is there, of the kind it was", n=seen.n)


def _age(seen: Monitored, options: MonitoringConfig) -> Check:
    days = (seen.judged_at - seen.last_answer).total_seconds() / _SECONDS_PER_DAY
    first, second = options.label_days
    level: Level = "act" if days >= second else "attention" if days >= first else "fine"
    text = f"the last customer whose answer the model learned from was asked {days:,.0f} days before what is judged"
    late = f"; {seen.late:,} more answered {seen.model_wave} since the training" if seen.late else ""
    return Check("age of labels", level, text + late, "days", days, size=days, limits=options.label_days)


def _content(
    project: Project,
    bundle: Bundle,
    seen: Monitored,
    now: datetime,
    level: Level,
    checks: list[Check],
    moved: tuple[MovedFeature, ...],
) -> dict[str, Any]:
    run = read_run(project)
    return {
        "schema_version": SCHEMA_VERSION,
        "silentnps": silentnps.__version__,
        "project": project.config.name,
        "moment": f"{now:%Y-%m-%d %H:%M} UTC",
        "level": level,
        "exit_code": EXIT_CODES[level],
        "headline": headline(level, checks),
        "advice": advice(checks),
        "false_alarms": project.config.monitoring.false_alarms,
        "model": {
            "wave": seen.model_wave,
            "candidate": str(bundle.info.get("candidate", "")),
            "version": None if run is None else run.version,
        },
        "compared": {
            "wave": seen.wave,
            "customers": seen.n,
            "answers_of": seen.answers_of,
            "new_answers": seen.n_new_answers,
            "late_answers": seen.late,
        },
        "checks": [_plain(check.to_dict()) for check in checks],
        "features": [_row(each) for each in sorted(moved, key=lambda each: (each.moves, -each.moved.psi))],
    }


def _row(each: MovedFeature) -> dict[str, Any]:
    """Return what is told of a feature: no value or level of it."""
    return _plain(
        {
            "feature": each.feature,
            "level": each.level,
            "since": each.since,
            "psi": each.moved.psi,
            "low": each.moved.low,
            "high": each.moved.high,
            "p_value": None if each.moves else each.p_value,
            "missing": each.missing,
            "missing_before": each.missing_before,
            "n": each.moved.n,
            "n_reference": each.moved.n_reference,
        }
    )


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Return values for JSON: numbers that are none become null, pairs lists."""
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in plain.items()
    }


def _write(project: Project, result: Monitoring) -> None:
    def write(folder: Path) -> None:
        (folder / "monitor.json").write_text(result.text, encoding="utf-8")
        page = render_monitor(result.content)
        (folder / "monitor.html").write_text(page, encoding="utf-8", newline="\n")
        if result.content["features"]:
            write_csv(pd.DataFrame(result.content["features"]), folder / "features.csv")

    replace_folder(project.monitor, write)


def _log(project: Project, result: Monitoring, tracker: Tracker, watch: Watch) -> None:
    """Add the result to the run of the model; every monitoring is a further value of the same metrics."""
    run = read_run(project)
    if run is None:
        return
    watch.step("logging to MLflow")
    sizes = {f"monitor/{check.name.replace(' ', '_')}": check.size for check in result.checks}
    metrics = {"monitor/exit_code": float(result.exit_code)}
    metrics |= {name: size for name, size in sizes.items() if size is not None and math.isfinite(size)}
    files = [("monitor", path) for path in sorted(project.monitor.iterdir())]
    try:
        tracker.log_estimate(store_of(project), run, EstimateRecord(metrics=metrics, files=files))
    except ModelError as error:
        watch.say(f"not logged: {error}")


def _now() -> datetime:
    fixed = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.now(UTC) if fixed is None else datetime.fromtimestamp(float(fixed), UTC)
    return moment.replace(tzinfo=None)
