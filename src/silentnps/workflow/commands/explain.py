"""Explain: why a customer has this score, and what the model would say if something were different."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from silentnps.bundle.bundle import Bundle, load_bundle
from silentnps.errors import ConfigError, DataError
from silentnps.explanation.contributions.explain import NEVER_INVITED, Explanation
from silentnps.explanation.phrases import phrase
from silentnps.explanation.plot import waterfall
from silentnps.explanation.topics import group_by_topic
from silentnps.explanation.what_if import Scenario, gains_by_customer, list_scenarios, summarize_gains
from silentnps.storage.atomic import replace_file
from silentnps.workflow.artifacts.estimate import read_estimate
from silentnps.workflow.artifacts.features_digest import digest_of_features
from silentnps.workflow.artifacts.features_file import tidy_rows
from silentnps.workflow.artifacts.out_of_fold import read_out_of_fold
from silentnps.workflow.artifacts.project import Project, one_at_a_time
from silentnps.workflow.artifacts.reasons import read_reasons, with_plain_categories
from silentnps.workflow.artifacts.scored_rows import RowsToScore
from silentnps.workflow.drivers import Drivers, explain_rows, make_drivers
from silentnps.workflow.privacy.permissions import not_to_be_scored
from silentnps.workflow.watch import QUIET, Watch

_BASE_ROWS = 2_000
_ROWS_AT_ONCE = 100_000


@dataclass(frozen=True)
class CustomerExplained:
    """Why a customer has this score, in NPS points.

    `rating` is the answer in the wave, None if there is none: the score is that of a silent customer either way.
    `reasons` has one row per topic, the largest first: the feature that leads it, words (with the value), points;
    `base_value` and all points sum to `expected_nps`. `improvements` are what-ifs that would raise the score,
    columns scenario, words, points; `asked` is the gain of the requested what-if, None if none was requested.
    """

    customer_id: str
    wave: str
    rating: float | None
    base_value: float
    expected_nps: float
    reasons: pd.DataFrame
    improvements: pd.DataFrame
    asked: float | None
    picture: Path


@one_at_a_time
def explain_base(project: Project, *, watch: Watch = QUIET) -> Drivers:
    """Write the tables of key drivers of all silent customers and return them."""
    watch.step("explaining the silent customers")
    bundle = load_bundle(project.model)
    report = read_estimate(project, model_digest=str(bundle.info["out_of_fold_digest"]))
    return make_drivers(project, bundle, read_out_of_fold(project, bundle), read_reasons(project, bundle), report)


def explain_customer(
    project: Project, customer_id: str, *, values: Mapping[str, Any] | None = None, watch: Watch = QUIET
) -> CustomerExplained:
    """Explain the score of one customer of the model's wave, and write a picture of it.

    Parameters
    ----------
    values
        Values that features would have, as a what-if.

    Raises
    ------
    DataError
        If the customer is not in the base of the wave.
    ConfigError
        If the what-if names a feature that the model does not have, or the customer opted out of scores.
    """
    watch.step("explaining the customer")
    _refuse_objector(project, customer_id)
    bundle = load_bundle(project.model)
    reasons = read_reasons(project, bundle)
    wave = str(bundle.info["wave"])
    if digest_of_features(project, wave) != bundle.info["features_digest"]:
        watch.say("the features were rebuilt since the training: scores need not average to the estimate")
    frame, base = _customer(project, bundle, customer_id)
    row = bundle.complete(frame)
    explanation = explain_rows(bundle, row, reasons)
    scenarios = _scenarios(project, bundle, base)
    path = _picture(project, customer_id, explanation, row)
    gained = gains_by_customer(bundle, row, scenarios, row["invited"].to_numpy(dtype=np.bool_))
    asked = None if not values else _asked(bundle, row, values)
    rating = row["rating"].iloc[0]
    better = summarize_gains(gained, scenarios)
    return CustomerExplained(
        customer_id=customer_id,
        wave=str(bundle.info["wave"]),
        rating=None if pd.isna(rating) else float(rating),
        base_value=explanation.base_value,
        expected_nps=float(explanation.expected_nps[0]),
        reasons=reasons_of_row(explanation, row),
        improvements=better.loc[better["points"] >= 0.05, ["scenario", "words", "points"]],
        asked=asked,
        picture=path,
    )


def _refuse_objector(project: Project, customer_id: str) -> None:
    if customer_id in not_to_be_scored(project.config):
        raise ConfigError(
            "explain must name a customer who may be scored; got one who opted out. Leave the customer out, or set "
            "privacy.opted_out.score if the objection does not reach scores."
        )


def reasons_of_row(explanation: Explanation, row: pd.DataFrame) -> pd.DataFrame:
    """Return feature, words and points of each topic of a single row that was explained, the largest first.

    Feature and words are those of the feature that leads the topic, points those of all its features.
    """
    topics = group_by_topic(explanation)
    names = [str(name) for name in explanation.contributions.columns[topics.leading[0]]]
    words = [name if name == NEVER_INVITED else _in_words(name, row[name].iloc[0]) for name in names]
    table = pd.DataFrame({"feature": names, "words": words, "points": topics.points[0]})
    order = np.argsort(-table["points"].abs().to_numpy(), kind="stable")
    return table.iloc[order].reset_index(drop=True)


def _in_words(name: str, value: Any) -> str:
    return phrase(name, None if pd.isna(value) else value)


def _asked(bundle: Bundle, row: pd.DataFrame, values: Mapping[str, Any]) -> float:
    once = Scenario("asked", "asked", values)
    return float(gains_by_customer(bundle, row, [once], row["invited"].to_numpy(dtype=np.bool_))["asked"].iloc[0])


def _customer(project: Project, bundle: Bundle, customer_id: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the row of a customer of the wave, and rows that are evenly spaced over all of it.

    Raises
    ------
    DataError
        If there is no such customer.
    """
    n = int(bundle.info["n_silent"]) + int(bundle.info["n_answers_of_wave"])
    step, place, found, base = max(n // _BASE_ROWS, 1), 0, list[pd.DataFrame](), list[pd.DataFrame]()
    for batch in RowsToScore(project.features, str(bundle.info["wave"])).batches(_ROWS_AT_ONCE):
        found.append(batch[batch["customer_id"].astype(str) == customer_id])
        base.append(batch.iloc[-place % step :: step])
        place += len(batch)
    rows = tidy_rows(pd.concat([with_plain_categories(part) for part in found], ignore_index=True))
    if rows.empty:
        raise DataError(
            f"customer {customer_id!r} must be in the base of wave {bundle.info['wave']}; got no such id among "
            f"{place:,}. Ids are compared as text: look the customer up in {project.scores}."
        )
    evenly = pd.concat([with_plain_categories(part) for part in base], ignore_index=True)
    return rows.iloc[:1], tidy_rows(evenly)


def _scenarios(project: Project, bundle: Bundle, base: pd.DataFrame) -> list[Scenario]:
    return list_scenarios(
        bundle,
        bundle.complete(base),
        actionable=project.config.features.actionable,
        declared=project.config.explanation.what_if,
    )


def _picture(project: Project, customer_id: str, explanation: Explanation, row: pd.DataFrame) -> Path:
    path = project.picture_of(customer_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, lambda temporary: waterfall(explanation, row, 0, temporary))
    return path
