"""What a person sees: messages and progress on stderr, results on stdout, one line where something is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from silentnps.cli.watching.job import Job
from silentnps.cli.watching.plans import PLANS
from silentnps.errors import SilentNPSError

if TYPE_CHECKING:
    from rich.table import Table

    from silentnps.cli.watching.plain import PlainConsole
    from silentnps.estimation.formulas.nps_estimate import NPSEstimate
    from silentnps.estimation.wave.nps_report import NPSReport
    from silentnps.tracking.process import Tracker
    from silentnps.workflow.artifacts.project import Project
    from silentnps.workflow.watch import Watch


class LateConsole:
    """A plain console that is made when it is first used: Rich takes longer to import than all that help needs."""

    def __init__(self, *, stderr: bool = False) -> None:
        self._stderr = stderr

    @cached_property
    def console(self) -> PlainConsole:
        """Return the console itself."""
        from silentnps.cli.watching.plain import PlainConsole

        return PlainConsole(stderr=self._stderr)

    def print(self, *shown: Any, **options: Any) -> None:
        """Print as Rich does."""
        self.console.print(*shown, **options)


OUT, ERR = LateConsole(), LateConsole(stderr=True)

OptionalConfig = Annotated[
    Path | None, typer.Option("--config", "-c", help="The project's YAML file.", show_default=False)
]
ConfigOption = Annotated[Path, typer.Option("--config", "-c", help="The project's YAML file.", show_default=False)]


def moment(text: str) -> datetime:
    """Return a moment that was typed; one without a zone is UTC."""
    from silentnps.config import within_calendar

    try:
        return within_calendar(datetime.fromisoformat(text))
    except ValueError as error:
        rule = str(error) if str(error).startswith("must be") else "must be a date or a moment"
        raise typer.BadParameter(f"{rule}; got {text!r}. Write 2026-01-31 or 2026-01-31T06:00:00+01:00.") from None


AsOfOption = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        parser=moment,
        metavar="MOMENT",
        help="The whole base at this moment, in place of the waves.",
    ),
]


@contextmanager
def screen(command: str = "") -> Iterator[Watch]:
    """Show progress for the block; an expected error ends it with one line on stderr and exit code 1.

    `command` is the one whose typical steps tell how much of the job is done. Results are printed after the block.
    """
    from silentnps.cli.ending import with_workers
    from silentnps.cli.watching.progress import watched
    from silentnps.numerics.heaps import share_heaps

    share_heaps()
    try:
        with with_workers(), watched(Job(PLANS.get(command, {})), ERR.console) as watch:
            yield watch
    except SilentNPSError as error:
        ERR.print(f"error: {' '.join(str(error).splitlines())}", style="red")
        raise typer.Exit(1) from None


def titled_table(title: str, **options: Any) -> Table:
    """Return an empty table; Rich is imported where a table is shown."""
    from rich.table import Table

    return Table(title=title, title_justify="left", **options)


@contextmanager
def tracked_screen(command: str) -> Iterator[tuple[Watch, Tracker]]:
    """Do as `screen`, and from now on import MLflow and reach its store beside the block."""
    from silentnps.tracking.process import tracking_process

    with screen(command) as watch, tracking_process() as tracker:
        yield watch, tracker


def open_project(config: Path) -> Project:
    """Read the configuration of a project."""
    from silentnps.config import load_config
    from silentnps.workflow.artifacts.project import Project

    return Project(load_config(config))


def show_report(report: NPSReport, *, truth: float | None = None) -> None:
    """Print the estimate as a table, after the caution that must precede it."""
    if report.caution:
        OUT.print(report.caution, style="bold red")
    level = f"{100 * report.silent.confidence_level:g} %"
    table = titled_table("Net Promoter Score, in points")
    for name in ("of", "customers", "NPS", f"{level} interval"):
        table.add_column(name, justify="left" if name == "of" else "right")
    known, silent, base = report.respondents, report.silent, report.base
    table.add_row("survey (those who answered)", f"{known.n:,}", f"{known.value:+.1f}", "counted")
    if silent.n == 0:
        table.add_row("silent customers", "0", "none", "nobody stayed silent")
        table.add_row("whole base", f"{base.n:,}", f"{base.value:+.1f}", "counted")
    else:
        table.add_row(*_estimated("silent customers, estimated", silent))
        table.add_row(*_estimated("whole base, estimated", base))
    if truth is not None:
        table.add_row("silent customers, simulated truth", f"{silent.n:,}", f"{truth:+.1f}", "known")
    OUT.print(table)
    _show_spend(report)
    for warning in report.warnings:
        if warning != report.caution:
            ERR.print(f"note: {warning}")


def _show_spend(report: NPSReport) -> None:
    """Print what the estimate is with each customer counted by spend, where that is known."""
    if report.by_spend is not None:
        from silentnps.estimation.value.words import spend_sentences

        for sentence in spend_sentences(report.by_spend):
            OUT.print(sentence.replace("−", "-"))


def _estimated(name: str, nps: NPSEstimate) -> tuple[str, str, str, str]:
    return name, f"{nps.n:,}", f"{nps.value:+.1f}", f"{nps.low:+.1f} to {nps.high:+.1f}"
