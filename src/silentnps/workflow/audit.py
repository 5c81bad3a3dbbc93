"""The leak audit of a training: no feature may reveal the outcome unless the configuration allows it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from silentnps.config import FeaturesConfig
from silentnps.errors import ConfigError, DataError
from silentnps.features.catalog import CATALOG
from silentnps.features.leaks.leak_audit import COUNTS, Origin, changed_rows, rebuilt_from_the_past, sample_rows
from silentnps.features.leaks.outcome_names import outcome_word
from silentnps.features.learned.learned_features import LEARNED_FEATURES
from silentnps.leakage.answering import ANSWERING_COLUMNS
from silentnps.leakage.leaks import measure_leaks
from silentnps.leakage.rating_copies import AGREEMENT_COLUMNS
from silentnps.numerics.arrays import Floats
from silentnps.outcome.survey_data import SurveyData
from silentnps.storage.atomic import replace_file
from silentnps.storage.spreadsheet_csv import write_csv
from silentnps.workflow.watch import QUIET, Watch

_COLUMNS = (
    *("name", "nps_class", "auc", "auc_low", "auc_high", "n_answers", "answers_of"),
    *AGREEMENT_COLUMNS,
    *ANSWERING_COLUMNS,
    *("n_rows", *COUNTS, "word", "verdict", "evidence"),
)


@dataclass(frozen=True)
class LeakAudit:
    """The result of the audit.

    `table` has one row per feature: name; the class that it tells best and the AUC of that with its interval, among
    n_answers, which are those of the wave or of all waves; how it agrees with the rating, see `rating_agreement`;
    what it tells of who answered the wave, see `answering_separation`; n_changed of n_rows that were built again
    from the past alone (missing for learned features), lower or higher numbers among them, and how many of the
    n_rows are neither missing nor zero before and after; the word of an outcome in its name, if any; the verdict:
    clean, leak, or allowed (a leak that the configuration lets pass); the evidence in words, empty where clean.
    """

    table: pd.DataFrame

    @property
    def allowed(self) -> tuple[str, ...]:
        """Return the leaks that the configuration lets pass."""
        return tuple(self.table.loc[self.table["verdict"] == "allowed", "name"])


def audit_leaks(
    frame: pd.DataFrame,
    origin: Origin,
    data: SurveyData,
    ratings: Floats,
    *,
    config: FeaturesConfig,
    random_state: int,
    target: Path,
    watch: Watch = QUIET,
) -> LeakAudit:
    """Audit the features of a training, write leak_audit.csv to `target`, and stop at a leak that is not allowed.

    `frame` was built from `origin`; `data` are the rows of the training with their learned columns, `ratings` their
    ratings, NaN without an answer.

    Raises
    ------
    ConfigError
        If a name in `features.allow_leaks` is no feature.
    DataError
        If features leak; the text names all of them.
    """
    _check_allowed(config, data)
    sample = sample_rows(frame, random_state=random_state)
    watch.step(f"leak audit: {data.features.shape[1]} features, {len(sample):,} rows built again from the past")
    changes = changed_rows(sample, rebuilt_from_the_past(origin, sample))
    earlier = {name for name, feature in CATALOG.items() if "responses" in feature.tables}
    alone = measure_leaks(data, ratings, random_state=random_state, from_the_past=earlier)
    table = _judged(alone.merge(changes, on="name", how="left"), config)
    replace_file(target, lambda path: write_csv(table, path))
    _stop_at_leaks(table[table["verdict"] == "leak"], target)
    for row in table[table["verdict"] == "allowed"].itertuples():
        watch.say(f"leak allowed by features.allow_leaks: {row.name} ({row.evidence})")
    return LeakAudit(table)


def _check_allowed(config: FeaturesConfig, data: SurveyData) -> None:
    unknown = sorted(set(config.allow_leaks) - set(data.features))
    if unknown:
        raise ConfigError(
            f"features.allow_leaks must name features of the training; got {unknown[0]!r}. Correct the name."
        )


def _judged(table: pd.DataFrame, config: FeaturesConfig) -> pd.DataFrame:
    ours = {*CATALOG, *LEARNED_FEATURES}
    words = ["" if name in ours else outcome_word(name) or "" for name in table["name"]]
    table = table.assign(word=words).astype(dict.fromkeys(("n_rows", *COUNTS), "Int64"))
    table["evidence"] = [_evidence(row) for row in table.itertuples()]
    leaks, allowed = table["evidence"] != "", table["name"].isin(config.allow_leaks)
    table["verdict"] = np.select([leaks & allowed, leaks], ["allowed", "leak"], "clean")
    return table[list(_COLUMNS)]


def _stop_at_leaks(leaks: pd.DataFrame, audit: Path) -> None:
    if leaks.empty:
        return
    names = list(leaks["name"])
    listed = "; ".join(f"{row.name} ({row.evidence})" for row in leaks.itertuples())
    raise DataError(
        f"features must know nothing of the outcome, nor of who answered; got {len(leaks)} that may: {listed}. "
        f"Exclude them (features.exclude: {names}), or give each value the time at which it became known, "
        f"or, if they are right, allow them (features.allow_leaks: {names}). All features: {audit}"
    )


def _evidence(row: Any) -> str:
    """Return the evidence against a feature in words: counts, never a value."""
    parts = [row.reveals] if row.reveals else []
    if not pd.isna(row.n_changed) and row.n_changed > 0:
        counts = f"{row.n_lower:,} lower, {row.n_higher:,} higher"
        filled = f"filled in {row.n_filled_before:,} rows before, in {row.n_filled_after:,} after"
        parts.append(
            f"changes in {row.n_changed:,} of {row.n_rows:,} rows without what came after as_of, {counts}, {filled}"
        )
    if row.word:
        parts.append(f"named like an outcome, {row.word!r}")
    return " and ".join(parts)
