"""Something to try: a simulated retailer, and the whole job on it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from silentnps.cli.screen import OUT, screen, show_report, tracked_screen
from silentnps.counts import counted

_Customers = Annotated[int, typer.Option("--customers", help="Number of customers.")]
_Seed = Annotated[int, typer.Option("--seed", help="Seed: the same seed gives the same bytes.")]
_Satisfaction = Annotated[
    float,
    typer.Option("--by-satisfaction", help="Log odds of answering gained per class upward; 0: missing at random."),
]
_Behaviour = Annotated[
    float, typer.Option("--by-behaviour", help="Strength of tenure, engagement and tier on answering.")
]
_Rate = Annotated[float, typer.Option("--response-rate", help="Share of the invited who answer.")]

_CampaignSatisfaction = Annotated[
    float,
    typer.Option(
        "--campaign-satisfaction",
        help="What the campaign `planted` of October 2025 adds to satisfaction; 0.1 is about 6 points of NPS.",
    ),
]
_CampaignOrders = Annotated[
    float, typer.Option("--campaign-orders", help="Orders that it brings a customer in 90 days, on average.")
]
_StoreSatisfaction = Annotated[
    float,
    typer.Option("--store-satisfaction", help="What an order in the first store of a region adds to satisfaction."),
]
_LateShare = Annotated[
    float,
    typer.Option("--late-share", help="Share of parcels that come late in the three months before the last wave."),
]


def simulate(
    directory: Annotated[Path, typer.Argument(help="Folder to write the tables into.")],
    customers: _Customers = 20_000,
    seed: _Seed = 0,
    by_satisfaction: _Satisfaction = 0.5,
    by_behaviour: _Behaviour = 1.0,
    response_rate: _Rate = 0.15,
    campaign_satisfaction: _CampaignSatisfaction = 0.0,
    campaign_orders: _CampaignOrders = 0.0,
    store_satisfaction: _StoreSatisfaction = 0.0,
    late_share: _LateShare = 0.0,
) -> None:
    """Simulate a retailer: every table, four quarterly waves, and the truth about everybody.

    Example: silentnps simulate /tmp/shop --customers 20000 --seed 1
    """
    with screen("simulate") as watch:
        from silentnps.simulation.simulate import simulate as run
        from silentnps.workflow.watch import so_far

        bar = watch.bar("simulating customers", customers)
        watch.step("simulating customers")
        run(
            directory,
            customers=customers,
            seed=seed,
            answer_by_satisfaction=by_satisfaction,
            answer_by_behaviour=by_behaviour,
            response_rate=response_rate,
            campaign_satisfaction=campaign_satisfaction,
            campaign_orders=campaign_orders,
            store_satisfaction=store_satisfaction,
            late_share=late_share,
            progress=so_far(bar),
        )
    OUT.print(f"{counted(customers, 'customer')}: {directory}")


def demo(
    directory: Annotated[Path, typer.Argument(help="Folder for data and results.")] = Path("demo"),
    customers: _Customers = 20_000,
    seed: _Seed = 0,
) -> None:
    """Simulate a retailer, train, estimate, score and report; print where everything is.

    Example: silentnps demo
    """
    with tracked_screen("demo") as (watch, tracker):
        from silentnps.workflow.commands.demo import demo as run

        demonstration = run(directory, customers=customers, seed=seed, tracker=tracker, watch=watch)
    show_report(demonstration.report, truth=demonstration.truth)
    for name, path in demonstration.paths.items():
        OUT.print(f"{name:<14}{path}")
