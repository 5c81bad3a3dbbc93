"""What a campaign changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from silentnps.cli.screen import ERR, OUT, ConfigOption, open_project, screen, titled_table

if TYPE_CHECKING:
    from silentnps.campaigns.verdict import Effect
    from silentnps.workflow.decisions.impact import Judged

_Campaign = Annotated[str, typer.Option("--campaign", help="The campaign_id in the table campaigns.")]
_Days = Annotated[
    int | None,
    typer.Option("--days", help="Days of each window, before and after the start; else 90.", min=14, max=730),
]
_Confidence = Annotated[
    float | None,
    typer.Option("--confidence", help="Confidence level; else the configuration's.", min=0.5, max=0.999),
]


def impact(config: ConfigOption, campaign: _Campaign, days: _Days = None, confidence: _Confidence = None) -> None:
    """Measure what a campaign changed in NPS, orders, returns and engagement, against customers like its own.

    Example: silentnps impact -c configs/demo.yaml --campaign campaign-07
    """
    with screen("impact") as watch:
        from silentnps.workflow.decisions.impact import impact as run

        project = open_project(config)
        judged = run(project, campaign=campaign, days=days, confidence_level=confidence, watch=watch)
    _show(judged)
    for sentence in judged.sentences:
        OUT.print(sentence)
    for note in judged.notes:
        ERR.print(f"note: {note}")
    OUT.print(f"tables: {judged.folder}")


def _show(judged: Judged) -> None:
    measured, windows = judged.impact, judged.windows
    OUT.print(
        f"{measured.n_treated:,} treated customers, {measured.n_untreated:,} untreated weighted to be like them; "
        f"{windows.days} days before {windows.start:%Y-%m-%d} against {windows.days} days from it on."
    )
    if not measured.effects:
        return
    level = f"{100 * measured.effects[0].confidence_level:g} %"
    table = titled_table("What the campaign changed")
    for name in ("of", "treated", "untreated", "effect", f"{level} interval", "placebo", "verdict"):
        table.add_column(name, justify="left" if name in ("of", "verdict") else "right")
    for effect in measured.effects:
        table.add_row(*_row(effect))
    OUT.print(table)


def _row(effect: Effect) -> tuple[str, ...]:
    from silentnps.workflow.decisions.impact_wording import amount_of, range_of, short

    outcome, level = effect.outcome, effect.confidence_level
    earlier = "unknown" if effect.placebo is None else range_of(*effect.placebo.interval(level), outcome)
    return (
        outcome.name,
        f"{effect.n_treated:,}",
        f"{effect.n_untreated:,}",
        amount_of(effect.difference.value, outcome),
        range_of(*effect.difference.interval(level), outcome),
        earlier,
        short(effect),
    )
