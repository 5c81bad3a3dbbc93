"""The tables of key drivers: for all silent customers, by group, by segment, of the change between waves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from silentnps.bundle.bundle import Bundle
from silentnps.config import ProjectConfig
from silentnps.estimation.formulas.nps_estimate import nps_of_classes
from silentnps.estimation.wave.nps_report import NPSReport
from silentnps.explanation.contributions.explain import Explanation, explain
from silentnps.explanation.contributions.refits import STABLE_SHARE, sign_agreement
from silentnps.explanation.feature_groups import COLUMNS as GROUP_COLUMNS
from silentnps.explanation.feature_groups import driver_groups, family_of, is_actionable
from silentnps.explanation.group_difference import COLUMNS as DIFFERENCE_COLUMNS
from silentnps.explanation.group_difference import Group, explain_difference
from silentnps.explanation.phrases import words_of
from silentnps.explanation.reach import COLUMNS as REACH_COLUMNS
from silentnps.explanation.reach import driver_reach
from silentnps.explanation.summary import driver_table
from silentnps.explanation.what_if import COLUMNS, gains_by_customer, list_scenarios, summarize_gains
from silentnps.numerics.levels import as_text
from silentnps.numerics.nps import class_of_rating
from silentnps.storage.atomic import replace_folder
from silentnps.storage.spreadsheet_csv import write_csv
from silentnps.workflow.artifacts.every_silent import representative_rows
from silentnps.workflow.artifacts.out_of_fold import OutOfFold
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.artifacts.reasons import EARLIER, Reasons

OTHERS, ALL = "(all other segments)", "(all silent)"
_EXPLAINED_ROWS = 50_000
_WHAT_IF_ROWS, _SEGMENT_ROWS, _FEWEST_OF_A_SEGMENT = 2_000, 100, 30
_MOST_SEGMENTS = 50
_SEGMENT_COLUMNS = ("segmentation", "segment", *DIFFERENCE_COLUMNS)
_IMPROVEMENT_COLUMNS = ("segmentation", "segment", *COLUMNS)
DRIVER_COLUMNS = (
    *("feature", "words", "mean_absolute_points", "mean_points", "direction"),
    *("family", "actionable", "cluster", "sign_agreement", "stable"),
)


@dataclass(frozen=True)
class Drivers:
    """Tables of key drivers, written under these names.

    `drivers` has one row per feature; `groups` per group of features; `segments` per feature and segment, sharing
    out the segment's difference from all silent customers; `change` per feature, sharing out the change since the
    wave before; `improvements` per scenario, for all and by segment; `reach` per topic, whom it concerns and by how
    much; `trend` per wave.
    """

    drivers: pd.DataFrame
    groups: pd.DataFrame
    segments: pd.DataFrame
    change: pd.DataFrame
    improvements: pd.DataFrame
    reach: pd.DataFrame
    trend: pd.DataFrame


@dataclass(frozen=True)
class ExplainedSilent:
    """Silent customers of the wave, spread evenly over the base if there are many, with their contributions."""

    bundle: Bundle
    rows: pd.DataFrame
    explanation: Explanation
    reasons: Reasons


def make_drivers(
    project: Project, bundle: Bundle, handed_over: OutOfFold, reasons: Reasons, report: NPSReport
) -> Drivers:
    """Explain the silent customers of the wave, write the tables of key drivers, and return them."""
    explained = explained_silent(bundle, representative_rows(project, bundle, handed_over.rows), reasons)
    trend = _trend(handed_over.rows, str(bundle.info["wave"]), report)
    drivers = _tables(project.config, explained, report, trend) if len(explained.rows) else _empty_tables(trend)
    replace_folder(project.drivers, lambda folder: _write(folder, drivers))
    return drivers


def _empty_tables(trend: pd.DataFrame) -> Drivers:
    """Return the tables if nobody is silent."""
    columns = {
        "drivers": DRIVER_COLUMNS,
        "groups": GROUP_COLUMNS,
        "segments": _SEGMENT_COLUMNS,
        "change": DIFFERENCE_COLUMNS,
        "improvements": _IMPROVEMENT_COLUMNS,
        "reach": REACH_COLUMNS,
    }
    return Drivers(**{name: pd.DataFrame(columns=list(names)) for name, names in columns.items()}, trend=trend)


def _tables(config: ProjectConfig, explained: ExplainedSilent, report: NPSReport, trend: pd.DataFrame) -> Drivers:
    actionable, clusters = config.features.actionable, explained.reasons.dendrogram.clusters()
    return Drivers(
        drivers=_drivers(explained, actionable),
        groups=driver_groups(explained.explanation, clusters, actionable=actionable),
        segments=_segments(explained, report),
        change=_change(explained, report.silent.confidence_level),
        improvements=_improvements(explained, config, report),
        reach=driver_reach(
            explained.explanation, explained.reasons.of_wave[1], confidence_level=report.silent.confidence_level
        ),
        trend=trend,
    )


def explain_rows(bundle: Bundle, rows: pd.DataFrame, reasons: Reasons) -> Explanation:
    """Explain rows with learned columns against the background of training."""
    return explain(bundle, rows, rows["invited"].to_numpy(dtype=np.bool_), background=reasons.background)


def explained_silent(bundle: Bundle, rows: pd.DataFrame, reasons: Reasons) -> ExplainedSilent:
    """Explain the silent customers of the wave among rows of the training, 50,000 at most."""
    silent = rows[(rows["wave"] == bundle.info["wave"]) & ~rows["respondent"]]
    sample = silent.iloc[:: -(-len(silent) // _EXPLAINED_ROWS) or 1]
    return ExplainedSilent(bundle, sample, explain_rows(bundle, sample, reasons), reasons)


def _write(folder: Path, drivers: Drivers) -> None:
    for name in ("drivers", "groups", "segments", "change", "improvements", "reach", "trend"):
        write_csv(getattr(drivers, name), folder / f"{name}.csv")


def _drivers(explained: ExplainedSilent, actionable: tuple[str, ...]) -> pd.DataFrame:
    names = [str(name) for name in explained.explanation.contributions.columns]
    words = {name: words_of(name) for name in names}
    table = driver_table(explained.explanation, explained.rows, words)
    table["family"] = [family_of(name) for name in table["feature"]]
    table["actionable"] = [is_actionable(name, actionable) for name in table["feature"]]
    clusters = explained.reasons.dendrogram.clusters()
    table["cluster"] = [clusters.get(name, 0) for name in table["feature"]]
    customers, models = explained.reasons.of_wave
    contributions = explain_rows(explained.bundle, customers, explained.reasons).contributions
    agreed = sign_agreement(contributions, models)
    table["sign_agreement"] = [float(agreed.get(name, np.nan)) for name in table["feature"]]
    table["stable"] = table["sign_agreement"] >= STABLE_SHARE
    return table


def _segments(explained: ExplainedSilent, report: NPSReport) -> pd.DataFrame:
    """Share out how each of the largest segments, and all others as one, differ from all silent customers."""
    tables = [pd.DataFrame(columns=list(_SEGMENT_COLUMNS))]
    table, all_rows = report.segments, np.ones(len(explained.rows), dtype=np.bool_)
    customers, models = explained.reasons.of_wave
    everybody = Group(all_rows, report.silent.value, np.ones(len(customers), dtype=np.bool_))
    for cut in table["segmentation"].unique() if len(table) else []:
        labels = _labels(explained.rows[cut]), _labels(customers[cut])
        level = report.silent.confidence_level
        for segment, group in _estimated(table[table["segmentation"] == cut], *labels, report):
            if group.members.any() and not group.members.all():
                rows = explain_difference(explained.explanation, group, everybody, models, confidence_level=level)
                tables.append(rows.assign(segmentation=cut, segment=segment)[list(_SEGMENT_COLUMNS)])
    return pd.concat([filled for filled in tables if len(filled)] or tables, ignore_index=True)


def _estimated(
    table: pd.DataFrame, labels: NDArray[np.object_], refitted: NDArray[np.object_], report: NPSReport
) -> list[tuple[str, Group]]:
    """Return the largest segments that are shown, by name, and all others together.

    `labels` are those of the customers that were explained, `refitted` of those that the refits explained.
    """
    shown = _largest(table)
    names = shown["segment"].astype(str).to_numpy(dtype=object)
    groups = [
        (name, Group(np.asarray(labels == name), float(value), np.asarray(refitted == name)))
        for name, value in zip(names, shown["value"], strict=True)
    ]
    others = ~np.isin(labels, names)
    n_shown = (shown["n"] - shown["n_respondents"]).to_numpy(dtype=np.float64)
    n_others = report.silent.n - n_shown.sum()
    if others.any() and n_others > 0:
        total = report.silent.value * report.silent.n - n_shown @ shown["value"].to_numpy(dtype=np.float64)
        groups.append((OTHERS, Group(others, float(total / n_others), ~np.isin(refitted, names))))
    return groups


def _largest(table: pd.DataFrame) -> pd.DataFrame:
    """Return the largest segments of a segmentation that are shown."""
    shown = table[~table["suppressed"].astype(bool) & table["value"].notna()]
    return shown.sort_values("n", ascending=False, kind="stable").head(_MOST_SEGMENTS)


def _labels(column: pd.Series) -> NDArray[np.object_]:
    return as_text(column).to_numpy(dtype=object)


def _change(explained: ExplainedSilent, confidence_level: float) -> pd.DataFrame:
    """Share out how the scores of silent customers changed since the wave before; empty without one.

    Both waves are scored by the model of this one, so the estimates are these scores, and nothing is left over.
    """
    customers = explained.reasons.customers
    earlier = customers[EARLIER].to_numpy(dtype=np.bool_)
    if not earlier.any() or earlier.all():
        return pd.DataFrame(columns=list(DIFFERENCE_COLUMNS))
    explanation = explain_rows(explained.bundle, customers, explained.reasons)
    now, before = (Group(part, float(explanation.expected_nps[part].mean())) for part in (~earlier, earlier))
    models, sampled = explained.reasons.models, explained.reasons.sampled
    return explain_difference(explanation, now, before, models, confidence_level=confidence_level, sampled=sampled)


def _improvements(explained: ExplainedSilent, config: ProjectConfig, report: NPSReport) -> pd.DataFrame:
    evenly = explained.rows.index[:: max(len(explained.rows) // _WHAT_IF_ROWS, 1)]
    segments = _rows_of_segments(explained.rows, report)
    wanted = evenly
    for labels in segments.values():
        wanted = wanted.union(labels)
    rows = explained.rows.loc[wanted]
    features = rows[list(explained.bundle.code_book.columns)]
    scenarios = list_scenarios(
        explained.bundle,
        features,
        actionable=config.features.actionable,
        declared=config.explanation.what_if,
    )
    by_row = gains_by_customer(explained.bundle, features, scenarios, rows["invited"].to_numpy(dtype=np.bool_))
    parts = [summarize_gains(by_row.loc[evenly], scenarios).assign(segmentation="", segment=ALL)]
    for (cut, segment), labels in segments.items():
        parts.append(summarize_gains(by_row.loc[labels], scenarios).assign(segmentation=cut, segment=segment))
    return pd.concat(parts, ignore_index=True)[list(_IMPROVEMENT_COLUMNS)]


def _rows_of_segments(rows: pd.DataFrame, report: NPSReport) -> dict[tuple[str, str], pd.Index]:
    """Return labels of silent customers of each of the largest segments that are shown, spread evenly over it."""
    rows_of_segments = {}
    for cut in report.segments["segmentation"].unique() if len(report.segments) else []:
        labels = _labels(rows[cut])
        for segment in _largest(report.segments[report.segments["segmentation"] == cut])["segment"].astype(str):
            members = rows.index[labels == segment]
            if len(members) >= _FEWEST_OF_A_SEGMENT:
                rows_of_segments[str(cut), segment] = members[:: max(len(members) // _SEGMENT_ROWS, 1)]
    return rows_of_segments


def _trend(rows: pd.DataFrame, estimated: str, report: NPSReport) -> pd.DataFrame:
    """Return one row per wave: answers and survey NPS with interval, and the estimate if the wave has one."""
    trend = []
    for wave, part in rows[rows["respondent"]].groupby("wave", sort=True):
        classes = class_of_rating(part["rating"].to_numpy(dtype=np.float64, na_value=np.nan))
        survey = nps_of_classes(classes[classes >= 0], confidence_level=report.silent.confidence_level)
        row = {"wave": wave, "n_answers": survey.n, "survey": survey.value}
        row |= {"survey_low": survey.low, "survey_high": survey.high}
        if wave == estimated:
            row |= {
                "silent": report.silent.value,
                "silent_low": report.silent.low,
                "silent_high": report.silent.high,
            }
            row |= {"base": report.base.value, "base_low": report.base.low, "base_high": report.base.high}
        trend.append(row)
    names = [f"{of}{end}" for of in ("survey", "silent", "base") for end in ("", "_low", "_high")]
    return pd.DataFrame(trend, columns=["wave", "n_answers", *names])
