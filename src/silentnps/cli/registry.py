"""The registered versions of a project's model, and which one is in use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from silentnps.cli.screen import OUT, ConfigOption, open_project, screen, titled_table

if TYPE_CHECKING:
    from silentnps.evaluation.gates import Gate
    from silentnps.tracking.registry import ModelVersion
    from silentnps.workflow.commands.promote import Promotion


def promote(
    config: ConfigOption,
    version: Annotated[
        int | None, typer.Option("--version", help="This version; else the challenger.", min=1, show_default=False)
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="In spite of failed gates, which are written on the version.")
    ] = False,
) -> None:
    """Put a model into use (alias champion) if it passes the gates; roll back with --version and an older one.

    A version that was in use before needs no gate, so rolling back is: silentnps promote -c FILE --version 1

    Example: silentnps promote -c configs/demo.yaml
    """
    with screen("promote") as watch:
        from silentnps.workflow.artifacts.store import store_of
        from silentnps.workflow.commands.promote import promote as run

        project = open_project(config)
        promotion = run(project, version=version, force=force, watch=watch)
        model = store_of(project).model
    if promotion.gates:
        show_gates(promotion.gates, promotion.version.number)
    OUT.print(_sentence(promotion, model))
    if not promotion.promoted and promotion.version != promotion.before:
        raise typer.Exit(1)


def models(config: ConfigOption) -> None:
    """List the versions of the registered model, with what was measured and which one is in use.

    Example: silentnps models -c configs/demo.yaml
    """
    with screen() as watch:
        watch.step("reading the registry")
        from silentnps.tracking.registry import model_versions
        from silentnps.workflow.artifacts.store import store_of

        project = open_project(config)
        project.prepare_output()
        store = store_of(project)
        versions = model_versions(store)
    if not versions:
        OUT.print("no version is registered yet: run `silentnps train`")
        return
    show_versions(versions, store.model)


def show_gates(gates: list[Gate], version: int) -> None:
    """Print each gate with its value, its limit and the verdict."""
    table = titled_table(f"Gates of version {version}")
    for name in ("gate", "value", "limit", ""):
        table.add_column(name)
    styles = {"FAIL": "red", "warning": "yellow"}
    for gate in gates:
        style = styles.get(gate.verdict, "")
        table.add_row(gate.name, gate.value, gate.limit, gate.verdict, style=style)
    OUT.print(table)


def show_versions(versions: list[ModelVersion], model: str) -> None:
    """Print the versions, the newest first."""
    table = titled_table(f"Versions of {model}")
    for name in ("", "alias", "wave", "candidate", "cv/rps", "silent/nps", "created, UTC"):
        table.add_column(name, justify="right" if "/" in name else "left", no_wrap=True)
    for version in versions:
        rps = version.metrics.get("cv/rps")
        table.add_row(
            str(version.number),
            "\n".join(version.aliases),
            version.params.get("wave", ""),
            version.params.get("candidate", ""),
            "" if rps is None else f"{rps:.4f}",
            _nps(version),
            f"{version.created_at:%Y-%m-%d}\n{version.created_at:%H:%M}",
        )
    OUT.print(table)


def _nps(version: ModelVersion) -> str:
    from silentnps.tracking.records import HIGHEST, LOWEST

    value, low, high = (version.metrics.get(f"silent/nps{end}") for end in ("", "_low", "_high"))
    if value is None:
        return ""
    if low is None or high is None or (low, high) == (LOWEST, HIGHEST):
        return f"{value:+.1f}"
    return f"{value:+.1f}\n{low:+.1f} to {high:+.1f}"


def _sentence(promotion: Promotion, model: str) -> str:
    number, before = promotion.version.number, promotion.before
    if not promotion.promoted:
        return f"{model} version {number} was not promoted: {promotion.reason}"
    instead = "" if before is None else f", in place of version {before.number}"
    spite = f", although it {promotion.reason}" if promotion.reason else ""
    return f"{model} version {number} is champion now{instead}{spite}"
