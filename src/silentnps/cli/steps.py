"""The steps of a project, in their order."""

from __future__ import annotations

from typing import Annotated

import typer

from silentnps.cli.screen import OUT, ConfigOption, OptionalConfig, open_project, screen, show_report


def validate(config: ConfigOption) -> None:
    """Check the tables: types, required columns, ranges, duplicates, orphans, dates.

    Example: silentnps validate -c configs/demo.yaml
    """
    with screen() as watch:
        watch.say("checking the tables")
        from silentnps.workflow.prepare import validate as run

        project = open_project(config)
        findings = run(project)
        for finding in findings:
            OUT.print(f"{finding.severity}: {finding}", markup=False)
        errors = sum(finding.severity == "error" for finding in findings)
        watch.say(f"{len(findings)} findings, {errors} of them errors; report: {project.findings}")
    if errors:
        raise typer.Exit(1)


def features(
    config: OptionalConfig = None,
    list_all: Annotated[
        bool, typer.Option("--list", help="Print the catalogue of features and build nothing.")
    ] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="With --list: as a page of Markdown.")] = False,
) -> None:
    """Build the features of every customer in every wave.

    Example: silentnps features -c configs/demo.yaml, or silentnps features --list
    """
    if list_all:
        from silentnps.cli.catalogue import show_catalogue

        show_catalogue(markdown=markdown)
        return
    if config is None or markdown:
        raise typer.BadParameter("pass a configuration with -c, or --list")
    with screen() as watch:
        from silentnps.workflow.features import write_features

        project = open_project(config)
        made = write_features(project, watch=watch)
        OUT.print(f"{made.rows:,} rows, {made.columns} columns: {project.features}", markup=False)


def train(
    config: ConfigOption,
    tune_minutes: Annotated[
        float | None, typer.Option("--tune-minutes", min=0.01, help="Search for sizes of the trees for so long.")
    ] = None,
) -> None:
    """Build features, train and compare models, register the best in MLflow.

    Example: silentnps train -c configs/demo.yaml
    """
    with screen() as watch:
        from silentnps.cli.tables import show_candidates
        from silentnps.workflow.train import train as run

        project = open_project(config)
        trained = run(project, tune_minutes=tune_minutes, watch=watch)
        show_candidates(trained.training)
        name, version = trained.registered.model, trained.registered.version
        OUT.print(f"wave {trained.wave}: {name} version {version} in MLflow, bundle: {project.model}", markup=False)


def estimate(
    config: ConfigOption,
    by: Annotated[list[str] | None, typer.Option("--by", help="Segment by this column; may be repeated.")] = None,
) -> None:
    """Estimate the NPS of silent customers, of the base and of segments, with intervals.

    Example: silentnps estimate -c configs/demo.yaml --by region
    """
    with screen() as watch:
        from silentnps.cli.tables import show_estimate
        from silentnps.workflow.estimate import estimate as run

        project = open_project(config)
        report = run(project, by=by or (), watch=watch)
        show_report(report)
        show_estimate(report)
        OUT.print(f"tables: {project.estimate}", markup=False)


def score(
    config: ConfigOption,
    csv: Annotated[bool, typer.Option("--csv", help="Write CSV in place of Parquet.")] = False,
    reasons: Annotated[
        int | None, typer.Option("--reasons", min=0, help="Reasons for and against each score; 0 for none.")
    ] = None,
) -> None:
    """Score every customer: class, probabilities, expected NPS, reasons.

    Example: silentnps score -c configs/demo.yaml
    """
    with screen() as watch:
        watch.say("scoring")
        from silentnps.workflow.score import score as run

        project = open_project(config)
        scored = run(project, csv=csv, reasons=reasons, watch=watch)
        OUT.print(f"{scored.rows:,} customers scored: {project.scores}", markup=False)


def report(config: ConfigOption) -> None:
    """Write the report of the last training and estimate, one HTML file.

    Example: silentnps report -c configs/demo.yaml
    """
    with screen() as watch:
        watch.say("writing the report")
        from silentnps.workflow.report import report as run

        project = open_project(config)
        run(project)
        OUT.print(f"report: {project.report}", markup=False)
