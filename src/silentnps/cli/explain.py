"""Explain the score of a customer, or of the base; forget a customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from silentnps.cli.screen import OUT, ConfigOption, open_project, screen, titled_table
from silentnps.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table
    from rich.text import Text

    from silentnps.workflow.commands.explain import CustomerExplained
    from silentnps.workflow.commands.forget import ForgottenCustomer
    from silentnps.workflow.drivers import Drivers

_SHOWN = 12
_BAR = 24


def explain(
    config: ConfigOption,
    customer_id: Annotated[
        str | None, typer.Argument(help="The customer; without it, all silent customers.", show_default=False)
    ] = None,
    values: Annotated[
        list[str] | None,
        typer.Option("--set", help="What if a feature had another value: feature=value; may be repeated."),
    ] = None,
) -> None:
    """Print why a customer has this score, in NPS points, and write a picture of it.

    Example: silentnps explain C0000042 -c configs/demo.yaml --set support_open_cases=0
    """
    with screen("explain") as watch:
        from silentnps.workflow.commands.explain import explain_base, explain_customer

        project = open_project(config)
        if customer_id is None:
            if values:
                raise ConfigError("--set needs a customer; got none. Name one: silentnps explain CUSTOMER_ID.")
            drivers = explain_base(project, watch=watch)
        else:
            explained = explain_customer(project, customer_id, values=_values(values or []), watch=watch)
    if customer_id is not None:
        show_customer(explained)
        return
    show_drivers(drivers)
    OUT.print(f"tables: {project.drivers}")


def show_drivers(drivers: Drivers) -> None:
    """Print what the scores of silent customers are associated with."""
    table = titled_table("Silent customers: what their scores are associated with")
    table.add_column("feature")
    for name in ("points, on average", "sign stable"):
        table.add_column(name, justify="right")
    for row in drivers.drivers.head(_SHOWN).to_dict("records"):
        known = row["sign_agreement"] == row["sign_agreement"]
        stable = ("yes" if row["stable"] else "no") if known else ""
        table.add_row(str(row["words"]), f"{row['mean_absolute_points']:.1f}", stable)
    OUT.print(table)
    families = drivers.groups[drivers.groups["grouping"] == "family"]
    table = titled_table("By family")
    table.add_column("family")
    table.add_column("points, on average", justify="right")
    for row in families.head(_SHOWN).to_dict("records"):
        table.add_row(str(row["words"]), f"{row['mean_absolute_points']:.1f}")
    OUT.print(table)


def show_customer(explained: CustomerExplained) -> None:
    """Print the waterfall of a customer, and what-ifs."""
    answer = (
        "did not answer"
        if explained.rating is None
        else f"answered {explained.rating:g}; as if silent, the model says"
    )
    OUT.print(f"customer {explained.customer_id}, wave {explained.wave}: {answer}")
    OUT.print(_waterfall(explained))
    if explained.asked is not None:
        asked = explained.expected_nps + explained.asked
        OUT.print(f"with the values asked for: {asked:+.1f} ({explained.asked:+.1f} points)")
    if len(explained.improvements):
        table = titled_table("What the model would say otherwise (its response, not an effect)")
        table.add_column("if")
        table.add_column("points", justify="right")
        for row in explained.improvements.head(5).to_dict("records"):
            table.add_row(str(row["words"]), f"{row['points']:+.1f}")
        OUT.print(table)
    OUT.print(f"picture: {explained.picture}")


def _waterfall(explained: CustomerExplained) -> Table:
    table = titled_table("Expected NPS, in points")
    table.add_column("reason")
    table.add_column("points", justify="right")
    table.add_column("")
    shown = explained.reasons.head(_SHOWN)
    longest = float(shown["points"].abs().max()) if len(shown) else 0.0
    table.add_row("a silent customer at the mean", f"{explained.base_value:+.1f}", "")
    for row in shown.to_dict("records"):
        table.add_row(str(row["words"]), f"{row['points']:+.1f}", _bar(float(row["points"]), longest))
    rest = _rest(explained.reasons)
    if rest is not None:
        table.add_row(f"{len(explained.reasons) - _SHOWN} other reasons", f"{rest:+.1f}", "")
    table.add_row("expected NPS", f"{explained.expected_nps:+.1f}", "", style="bold", end_section=True)
    return table


def _rest(reasons: pd.DataFrame) -> float | None:
    return float(reasons["points"].iloc[_SHOWN:].sum()) if len(reasons) > _SHOWN else None


def _bar(points: float, longest: float) -> Text:
    from rich.text import Text

    length = round(_BAR * abs(points) / longest) if longest > 0 else 0
    return Text(("+" if points > 0 else "-") * length, style="green" if points > 0 else "red")


def _values(pairs: list[str]) -> dict[str, str | None]:
    """Read feature=value pairs; nothing after the sign, or `missing`, is a missing value."""
    changes: dict[str, str | None] = {}
    for pair in pairs:
        name, sign, text = pair.partition("=")
        if not sign:
            raise ConfigError(f"--set must be feature=value; got {pair!r}. Write --set support_open_cases=0.")
        changes[name.strip()] = None if text.strip() in {"", "missing"} else text.strip()
    return changes


def forget(
    config: ConfigOption,
    customer_id: Annotated[str, typer.Argument(help="The customer, as in the tables.", show_default=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
) -> None:
    """Take a customer out of all files of the project, keep them out, and say which models saw them.

    Example: silentnps forget C0000042 -c configs/demo.yaml --dry-run
    """
    with screen("forget") as watch:
        from datetime import UTC, datetime

        from silentnps.workflow.commands.forget import forget as run

        project = open_project(config)
        done = run(project, customer_id, now=datetime.now(UTC), dry_run=dry_run, watch=watch)
    show_forgotten(done, dry_run=dry_run)


def show_forgotten(done: ForgottenCustomer, *, dry_run: bool) -> None:
    """Print what was taken out, which models saw the customer, and what remains to do; never the id."""
    verb = "would be taken out" if dry_run else "taken out"
    for name, n in done.removed.items():
        OUT.print(f"{name}: {n:,} {verb}")
    if not done.removed:
        OUT.print("no file of the project has the customer")
    _show_models(done)
    _show_tables(done)
    if dry_run:
        OUT.print("nothing was changed: without --dry-run it will be")
    else:
        OUT.print("recorded as a keyed hash: later runs leave the customer out")


def _show_models(done: ForgottenCustomer) -> None:
    for model in done.models:
        OUT.print(f"model version {model.version}, wave {model.wave}, run {model.run_id}: {model.how}")
    for name in done.recorded:
        OUT.print(f"model version {name}: had seen the customer, as recorded when forgotten before")
    if done.models_unknown:
        OUT.print(f"which models saw the customer is not known: {done.models_unknown}")
    if done.models:
        waves = ", ".join(dict.fromkeys(model.wave for model in done.models if model.wave))
        OUT.print(
            f"run `silentnps train`, `estimate` and `score` again (waves: {waves}), promote the new version, then "
            "delete the runs above in MLflow and run `mlflow gc`"
        )


def _show_tables(done: ForgottenCustomer) -> None:
    if done.in_tables is None:
        OUT.print(f"whether the tables still have the customer is not known: {done.not_read}")
    elif done.in_tables:
        listed = ", ".join(f"{name} {n:,}" for name, n in done.in_tables.items())
        OUT.print(f"the tables still have rows of the customer: {listed}. Remove them at their source")
    else:
        OUT.print("the tables have no row of the customer")
