"""Impact: what a campaign changed in NPS, orders, returns and engagement, against customers like its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from silentnps.campaigns.impact import Customers, Impact, measure_impact, refuse_few
from silentnps.features.campaign.windows import (
    Windows,
    choose_windows,
    find_campaign,
    n_others,
    span_of,
)
from silentnps.numerics.arrays import Booleans
from silentnps.storage.atomic import replace_folder
from silentnps.workflow.artifacts.project import Project, one_at_a_time
from silentnps.workflow.base import open_base
from silentnps.workflow.decisions.campaign_outcomes import (
    Compared,
    counted_outcomes,
    customers_to_compare,
    expected_outcome,
    features_at,
    of_surveys,
    surveyed_nps,
)
from silentnps.workflow.decisions.impact_files import write_impact
from silentnps.workflow.decisions.impact_wording import notes_of, sentence
from silentnps.workflow.watch import QUIET, Watch


@dataclass(frozen=True)
class Judged:
    """The impact of a campaign, its windows, what is said of it, and the folder of its files."""

    impact: Impact
    windows: Windows
    sentences: list[str]
    notes: list[str]
    folder: Path


@one_at_a_time
def impact(
    project: Project,
    *,
    campaign: str,
    days: int | None = None,
    confidence_level: float | None = None,
    watch: Watch = QUIET,
) -> Judged:
    """Measure the impact of a campaign; write effects.csv, balance.csv and impact.json into impact/ID.

    Parameters
    ----------
    campaign
        The campaign_id.
    days
        Length of the windows before and after the start; if None 90, or fewer where the data have less.
    confidence_level
        Of the intervals; that of the configuration if None.

    Raises
    ------
    ConfigError
        If there is no such campaign, or the data do not have that many days.
    DataError
        If there is no table `campaigns`, or a group is too small.
    """
    tables, population = open_base(project, watch=watch)
    found, span = find_campaign(tables, campaign), span_of(tables)
    windows = choose_windows(found, span, days)
    compared = customers_to_compare(tables, found, windows, random_state=project.config.random_state)
    refuse_few(_treated(compared), f" who had joined {windows.days} days before it")
    moments = dict(zip(("before", "start", "after"), windows.edges[1:], strict=True))
    features = features_at(tables, compared, moments, project, watch)
    watch.step("counting before and after")
    surveyed = surveyed_nps(population, compared, windows)
    expected = expected_outcome(project, features, watch)
    outcomes = [each for each in (surveyed, expected) if each is not None]
    outcomes += counted_outcomes(tables, compared, windows, span)
    measured = measure_impact(
        Customers(
            treated=_treated(compared),
            features=features["start"],
            features_before=features["before"],
            in_base_earlier=compared.rows["earlier"].to_numpy(dtype=np.bool_),
            of_surveys=of_surveys(features["start"].columns),
        ),
        outcomes,
        confidence_level=confidence_level or project.config.estimation.confidence_level,
        random_state=project.config.random_state,
        progress=watch.step,
    )
    notes = notes_of(measured, compared, found, n_others(tables, found, windows))
    judged = Judged(measured, windows, _sentences(measured), notes, project.impact_of(campaign))
    about = {"campaign_id": campaign, "days": windows.days, "windows": windows.edges, "notes": notes}
    replace_folder(judged.folder, lambda folder: write_impact(folder, measured, about, judged.sentences))
    return judged


def _treated(compared: Compared) -> Booleans:
    return compared.rows["treated"].to_numpy(dtype=np.bool_)


def _sentences(measured: Impact) -> list[str]:
    said = [sentence(effect) for effect in measured.effects]
    return said + [f"{name[0].upper()}{name[1:]}: not compared; {why}." for name, why in measured.left_out.items()]
