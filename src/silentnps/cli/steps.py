"""The steps of a project, in their order."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from silentnps.cli.screen import (
    ERR,
    OUT,
    AsOfOption,
    ConfigOption,
    OptionalConfig,
    moment,
    open_project,
    screen,
    show_report,
    tracked_screen,
)
from silentnps.counts import counted


def validate(
    config: ConfigOption,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON, for a scheduler.")] = False,
    max_share: Annotated[
        float,
        typer.Option("--max-share", min=0, max=1, help="Warnings about more of a table's rows end with code 3."),
    ] = 0.05,
) -> None:
    """Check the tables and the answers, and write validation.html: what was read, set aside, missing.

    Exit code 1: errors, all of which are listed. Exit code 3: no error, but a warning about more than --max-share
    of a table's rows, or too few answers to train on.

    Example: silentnps validate -c configs/demo.yaml
    """
    with screen("validate") as watch:
        from silentnps.cli.validation import show_validation
        from silentnps.workflow.commands.validate import validate as run

        project = open_project(config)
        validation = run(project, max_share=max_share, watch=watch)
    if as_json:
        typer.echo(project.validation_json.read_text(encoding="utf-8"), nl=False)
    else:
        show_validation(validation)
    findings, code = validation.findings, validation.exit_code
    errors = sum(finding.severity == "error" for finding in findings)
    of_them = f"{counted(errors, 'error')} among them" if errors else "no error"
    ERR.print(f"{counted(len(findings), 'finding')}, {of_them}; page: {project.validation_page}", style="dim")
    if code:
        raise typer.Exit(code)


def features(
    config: OptionalConfig = None,
    list_all: Annotated[
        bool, typer.Option("--list", help="Print the catalogue of features and build nothing.")
    ] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="With --list: as a page of Markdown.")] = False,
    as_of: AsOfOption = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            "--since",
            parser=moment,
            metavar="MOMENT",
            help="Use what the last run kept; events of earlier months are as they were then.",
        ),
    ] = None,
) -> None:
    """Build the features of every customer in every wave, or of the whole base at a moment.

    Example: silentnps features -c configs/demo.yaml, or silentnps features --list
    """
    if list_all:
        from silentnps.cli.catalogue import show_catalogue

        show_catalogue(markdown=markdown)
        return
    if config is None or markdown:
        raise typer.BadParameter("pass a configuration with -c, or --list")
    with screen("features") as watch:
        from silentnps.workflow.commands.features import write_features

        project = open_project(config)
        written = write_features(project, as_of=as_of, since=since, watch=watch)
    target = project.features_as_of if as_of else project.features
    rebuilt = f", {written.renewed:,} of them rebuilt" if since else ""
    OUT.print(f"{counted(written.rows, 'row')}, {counted(written.columns, 'column')}: {target}{rebuilt}")


def train(
    config: ConfigOption,
    tune_minutes: Annotated[
        float | None, typer.Option("--tune-minutes", min=0.01, help="Search for sizes of the trees for this long.")
    ] = None,
    learning_curve: Annotated[
        bool, typer.Option("--learning-curve", help="Refit on shares of the answers: what would more bring?")
    ] = False,
) -> None:
    """Build features, train and compare models, register the best in MLflow.

    Example: silentnps train -c configs/demo.yaml
    """
    with tracked_screen("train") as (watch, tracker):
        from silentnps.cli.tables import show_candidates
        from silentnps.workflow.commands.train import train as run

        project = open_project(config)
        trained = run(
            project, tune_minutes=tune_minutes, learning_curve=learning_curve, tracker=tracker, watch=watch
        )
    show_candidates(trained.training)
    name, version = trained.registered.model, trained.registered.version
    OUT.print(f"wave {trained.wave}: {name} version {version} in MLflow, bundle: {project.model}")


def estimate(
    config: ConfigOption,
    by: Annotated[list[str] | None, typer.Option("--by", help="Segment by this column; may be repeated.")] = None,
) -> None:
    """Estimate the NPS of silent customers, of the base and of segments, with intervals.

    Example: silentnps estimate -c configs/demo.yaml --by region
    """
    with tracked_screen("estimate") as (watch, tracker):
        from silentnps.cli.tables import show_estimate
        from silentnps.workflow.commands.estimate import estimate as run

        project = open_project(config)
        report = run(project, by=by or (), tracker=tracker, watch=watch)
    show_report(report)
    show_estimate(report)
    OUT.print(f"tables: {project.estimate}")


def score(
    config: ConfigOption,
    as_of: AsOfOption = None,
    csv: Annotated[bool, typer.Option("--csv", help="Write CSV in place of Parquet.")] = False,
    reasons: Annotated[
        int | None, typer.Option("--reasons", min=0, help="Reasons for and against each score; 0 for none.")
    ] = None,
    at_risk: Annotated[
        int,
        typer.Option("--at-risk", min=0, help="Silent customers to list, likeliest detractors first; 0 for none."),
    ] = 1000,
) -> None:
    """Score every customer: class, probabilities, expected NPS, reasons.

    Exit code 3: scores are written, but features differ from the training beyond the limits of `scoring`.

    Example: silentnps score -c configs/demo.yaml
    """
    with screen("score") as watch:
        from silentnps.workflow.commands.score import score as run

        project = open_project(config)
        scored = run(project, as_of=as_of, csv=csv, reasons=reasons, most_at_risk=at_risk, watch=watch)
    OUT.print(f"{counted(scored.rows, 'customer')} scored: {scored.folder}")
    if scored.at_risk is not None:
        OUT.print(f"silent customers at risk, the likeliest detractors first: {scored.at_risk}")
    OUT.print(f"customers of wave {scored.wave}, scored by {scored.by}")
    if scored.n_beyond:
        ERR.print(
            f"{counted(scored.n_beyond, 'column')} beyond the limits of `scoring`: look into what differs from "
            "the training before these scores are used (exit code 3)",
            style="dim",
        )
        raise typer.Exit(3)


def report(
    config: ConfigOption,
    pptx: Annotated[bool, typer.Option("--pptx", help="Also as slides, with native charts and tables.")] = False,
    xlsx: Annotated[bool, typer.Option("--xlsx", help="Also as a workbook: every table, native charts.")] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="Also as PDF; needs Chromium or WeasyPrint.")] = False,
) -> None:
    """Write the report of the last training and estimate, one HTML file, and print the estimate.

    Example: silentnps report -c configs/demo.yaml --pptx --xlsx --pdf
    """
    with tracked_screen("report") as (watch, tracker):
        from silentnps.report.office.formats import FORMATS
        from silentnps.workflow.commands.report import report as run

        project = open_project(config)
        wanted = {"pptx": pptx, "xlsx": xlsx, "pdf": pdf}
        formats = [name for name in FORMATS if wanted[name]]
        estimated = run(project, formats=formats, tracker=tracker, watch=watch)
    show_report(estimated)
    OUT.print(f"report: {project.report}")
    for name in formats:
        OUT.print(f"{FORMATS[name]}: {project.report.with_suffix(f'.{name}')}")
