"""How right the model would have been at earlier waves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from silentnps.cli.screen import ERR, OUT, ConfigOption, open_project, screen, titled_table

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

    from silentnps.workflow.decisions.backtest.result import Backtest

_Waves = Annotated[int, typer.Option("--waves", help="How many waves are predicted, the newest ones.", min=1)]
_Days = Annotated[
    int | None,
    typer.Option("--days", help="Days that customers are followed; else 90, or to the next wave.", min=1, max=730),
]
_KINDS = {"predicted": "silent", "answered": "answered"}


def backtest(config: ConfigOption, waves: _Waves = 2, days: _Days = None) -> None:
    """Train the model as each wave would have had it, and hold what it said to the next wave and to what came.

    Example: silentnps backtest -c configs/demo.yaml --waves 3
    """
    with screen("backtest") as watch:
        from silentnps.workflow.decisions.backtest.backtest import backtest as run

        project = open_project(config)
        found = run(project, waves=waves, days=days, watch=watch)
    _show(found)
    for note in found.notes:
        ERR.print(f"note: {note}")
    OUT.print(f"page: {project.backtest / 'backtest.html'}")


def _show(found: Backtest) -> None:
    from silentnps.workflow.decisions.backtest.words import ABOUT_BEHAVIOUR, ABOUT_SHIFTS

    level = f"{100 * found.waves['confidence_level'].iloc[0]:g} %"
    _show_predictions(found.waves, level)
    _show_estimates(found.waves, level)
    _show_shares(found.shares)
    _show_metrics(found.metrics)
    if len(found.behaviour):
        _show_behaviour(found.behaviour, found.days)
        OUT.print(ABOUT_BEHAVIOUR)
    _show_transitions(found.transitions)
    _show_shifts(found.shifts)
    OUT.print(ABOUT_SHIFTS)
    for sentence in found.sentences:
        OUT.print(sentence)


def _table(title: str, left: tuple[str, ...], right: tuple[str, ...]) -> Table:
    table = titled_table(title)
    for name in left:
        table.add_column(name)
    for name in right:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _show_predictions(waves: pd.DataFrame, level: str) -> None:
    title = f"NPS predicted of those who answered, by the model of the wave before, with {level} intervals"
    table = _table(title, ("wave", "model of"), ("answers", "predicted", "survey", "difference"))
    for row in waves.to_dict("records"):
        numbers = (f"{row['n_answers']:,}", f"{row['predicted']:+.1f}", f"{row['survey']:+.1f}")
        difference = _points(row["difference"], row["difference_low"], row["difference_high"])
        table.add_row(row["wave"], row["learned_up_to"], *numbers, difference)
    OUT.print(table)


def _show_estimates(waves: pd.DataFrame, level: str) -> None:
    has_truth = "base_truth" in waves
    right = ("customers", "survey", "whole base", *(("truth", "held") if has_truth else ()))
    table = _table(
        f"NPS of the base as each wave would have estimated it, with {level} intervals", ("wave",), right
    )
    for row in waves[waves["base"].notna()].to_dict("records"):
        estimate = _points(row["base"], row["base_low"], row["base_high"])
        cells = [row["wave"], f"{row['n']:,.0f}", f"{row['survey']:+.1f}", estimate]
        if has_truth:
            known = row["base_truth"] == row["base_truth"]
            cells += [f"{row['base_truth']:+.1f}", "yes" if row["base_held"] else "no"] if known else ["", ""]
        table.add_row(*cells)
    OUT.print(table)


def _show_shares(shares: pd.DataFrame) -> None:
    table = _table(
        "Expected and observed shares of the answers, in percent",
        ("wave", "class"),
        ("expected", "observed", "gap"),
    )
    for row in shares.to_dict("records"):
        both = (f"{100 * row[name]:.1f}" for name in ("expected_share", "observed_share"))
        gap = " to ".join(f"{100 * row[name]:+.1f}" for name in ("low", "high"))
        table.add_row(row["wave"], row["nps_class"], *both, f"{100 * row['difference']:+.1f} ({gap})")
    OUT.print(table)


def _show_metrics(metrics: pd.DataFrame) -> None:
    names = {
        "rps": "RPS",
        "log_loss": "log loss",
        "auc_detractor": "AUC detractors",
        "auc_promoter": "AUC promoters",
    }
    title = "How good the predictions were, and the gain over the shares of the survey before"
    table = _table(title, ("wave", "measure"), ("value", "no model", "gain"))
    for row in metrics[metrics["metric"].isin(names)].to_dict("records"):
        value = f"{row['value']:.3f}\n{_ends(row, '', '.3f')}"
        gain = "" if row["gain"] != row["gain"] else f"{row['gain']:+.3f}\n{_ends(row, 'gain_', '+.3f')}"
        table.add_row(row["wave"], names[row["metric"]], value, f"{row['baseline']:.3f}", gain)
    OUT.print(table)


def _show_behaviour(behaviour: pd.DataFrame, days: int) -> None:
    from silentnps.workflow.decisions.backtest.later import EVERY_WAVE, MEANINGS

    together = behaviour[behaviour["wave"] == EVERY_WAVE]
    for outcome, rows in together.groupby("outcome", sort=False):
        title = f"{outcome} ({MEANINGS[str(outcome)].format(days=days)}), all waves together, in percent"
        table = _table(title, ("who", "class"), ("n", "share", "lift", "beyond\nrecency"))
        for row in rows.to_dict("records"):
            share = f"{100 * row['share']:.1f}\n{100 * row['low']:.1f} to {100 * row['high']:.1f}"
            ratios = (_ratio(row, name) for name in ("lift", "beyond_recency"))
            who = _KINDS[row["customers"]]
            table.add_row(who, row["nps_class"], f"{row['n_of_class']:,.0f}", share, *ratios)
        OUT.print(table)


def _show_transitions(transitions: pd.DataFrame) -> None:
    last = transitions[transitions["after"] == transitions["after"].iloc[-1]]
    title = f"Of those who answered {last['before'].iloc[0]} and {last['after'].iloc[0]}, in percent"
    table = _table(title, ("from",), ("customers", *(f"to {name}" for name in last["to_class"].iloc[:3])))
    for name, rows in last.groupby("from_class", sort=False):
        cells = [_percent(row) if row["share"] == row["share"] else "too few" for row in rows.to_dict("records")]
        table.add_row(str(name), f"{rows['n_from'].iloc[0]:,}", *cells)
    OUT.print(table)


def _show_shifts(shifts: pd.DataFrame) -> None:
    if shifts.empty:
        return
    last = shifts[shifts["after"] == shifts["after"].iloc[-1]]
    before, after = last["before"].iloc[0], last["after"].iloc[0]
    title = f"Mean probabilities of {last['n'].iloc[0]:,} customers silent in both waves, in percent"
    table = _table(title, ("class",), (before, after, "shift"))
    for row in last.to_dict("records"):
        shift = f"{100 * row['shift']:+.1f} ({100 * row['low']:+.1f} to {100 * row['high']:+.1f})"
        table.add_row(
            row["nps_class"], *(f"{100 * row[name]:.1f}" for name in ("before_mean", "after_mean")), shift
        )
    OUT.print(table)


def _points(value: float, low: float, high: float) -> str:
    return f"{value:+.1f} ({low:+.1f} to {high:+.1f})"


def _percent(row: dict[Any, Any]) -> str:
    return f"{100 * row['share']:.0f}\n{100 * row['low']:.0f} to {100 * row['high']:.0f}"


def _ends(row: dict[Any, Any], prefix: str, form: str) -> str:
    return f"{row[f'{prefix}low']:{form}} to {row[f'{prefix}high']:{form}}"


def _ratio(row: dict[Any, Any], name: str) -> str:
    if row[name] != row[name]:
        return ""
    return f"{row[name]:.2f}\n{_ends(row, f'{name}_', '.2f')}"
