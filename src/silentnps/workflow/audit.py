"""The leak audit of a training: no feature may know the outcome, unless the configuration allows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from silentnps.config import FeaturesConfig
from silentnps.data.atomic import replace_file
from silentnps.data.csv_files import write_csv
from silentnps.errors import ConfigError, DataError
from silentnps.features.audit import COUNTS, Origin, changed_rows, outcome_word, rebuilt_from_the_past, sample_rows
from silentnps.features.catalog import CATALOG
from silentnps.features.learned import LEARNED_FEATURES
from silentnps.models.separation import class_separation
from silentnps.models.survey import SurveyData
from silentnps.workflow.project import Project
from silentnps.workflow.watch import QUIET, Watch

HIGHEST_AUC = 0.95
"""A feature whose AUC is above it with all its interval tells the outcome, and does not predict it."""

_CONFIDENCE_LEVEL = 0.95
_COLUMNS = (
    *("name", "nps_class", "auc", "auc_low", "auc_high", "n_answers", "answers_of"),
    *("n_rows", *COUNTS, "word", "verdict"),
)


@dataclass(frozen=True)
class LeakAudit:
    """What the audit found.

    `table` has one row per feature: name; the class that it tells best and the AUC of that with its interval, among
    n_answers, which are those of the wave or of all waves; n_changed of n_rows that were built again from the past
    alone (missing for learned features), lower or higher numbers among them, and how many of the n_rows are neither
    missing nor zero before and after; the word of an outcome in its name, if any; the verdict: clean, leak, or
    allowed (a leak that the configuration lets pass).
    """

    table: pd.DataFrame

    @property
    def allowed(self) -> tuple[str, ...]:
        """Return the leaks that the configuration lets pass."""
        return tuple(self.table.loc[self.table["verdict"] == "allowed", "name"])


def audit_leaks(
    project: Project, frame: pd.DataFrame, origin: Origin, data: SurveyData, *, watch: Watch = QUIET
) -> LeakAudit:
    """Audit the features of a training, write leak_audit.csv, and stop where one leaks and is not allowed.

    `frame` was built from `origin`; `data` are the rows of the training with their learned columns.

    Raises
    ------
    ConfigError
        If a name in `features.allow_leaks` is no feature.
    DataError
        If features leak; the text names all of them.
    """
    config, seed = project.config.features, project.config.random_state
    _check_allowed(config, data)
    sample = sample_rows(frame, random_state=seed)
    watch.say(f"leak audit: {data.features.shape[1]} features, {len(sample):,} rows built again from the past")
    changes = changed_rows(sample, rebuilt_from_the_past(origin, sample))
    table = _judged(_separation(data, seed).merge(changes, on="name", how="left"), config)
    replace_file(project.leak_audit, lambda path: write_csv(table, path))
    _stop_at_leaks(table[table["verdict"] == "leak"], project)
    for row in table[table["verdict"] == "allowed"].itertuples():
        watch.say(f"leak allowed by features.allow_leaks: {row.name} ({_evidence(row)})")
    return LeakAudit(table)


def _check_allowed(config: FeaturesConfig, data: SurveyData) -> None:
    unknown = sorted(set(config.allow_leaks) - set(data.features))
    if unknown:
        raise ConfigError(
            f"features.allow_leaks must name features of the training; got {unknown[0]!r}. Correct the name."
        )


def _separation(data: SurveyData, random_state: int) -> pd.DataFrame:
    """Return what each feature tells, of the answers of all waves or of the wave, whichever it tells better.

    An attribute that holds a customer's latest answer tells it in the wave, but not in earlier ones.
    """
    found = _separation_of(data, data.answered, "all waves", random_state)
    of_wave = data.answered & data.target
    if of_wave.sum() == data.answered.sum():
        return found
    alternative = _separation_of(data, of_wave, "the wave", random_state)
    better = alternative["auc_low"] > found["auc_low"].fillna(-1.0)
    return found.where(~better, alternative)


def _separation_of(data: SurveyData, answers: NDArray[np.bool_], of: str, random_state: int) -> pd.DataFrame:
    rows = np.flatnonzero(answers)
    found = class_separation(
        data.features.iloc[rows],
        data.classes[rows],
        data.persons[rows],
        confidence_level=_CONFIDENCE_LEVEL,
        random_state=random_state,
    )
    return found.assign(n_answers=len(rows), answers_of=of)


def _judged(table: pd.DataFrame, config: FeaturesConfig) -> pd.DataFrame:
    ours = {*CATALOG, *LEARNED_FEATURES}
    words = ["" if name in ours else outcome_word(name) or "" for name in table["name"]]
    table = table.assign(word=words)
    leaks = (table["auc_low"] > HIGHEST_AUC) | (table["n_changed"] > 0) | (table["word"] != "")
    allowed = table["name"].isin(config.allow_leaks)
    table["verdict"] = np.select([leaks & allowed, leaks], ["allowed", "leak"], "clean")
    whole = dict.fromkeys(("n_rows", *COUNTS), "Int64")
    return table.astype(whole)[list(_COLUMNS)]


def _stop_at_leaks(leaks: pd.DataFrame, project: Project) -> None:
    if leaks.empty:
        return
    names = list(leaks["name"])
    found = "; ".join(f"{row.name} ({_evidence(row)})" for row in leaks.itertuples())
    raise DataError(
        f"features must know nothing of the outcome; got {len(leaks)} that may: {found}. "
        f"Exclude them (features.exclude: {names}), or give each value the time at which it became known, "
        f"or, if they are right, allow them (features.allow_leaks: {names}). All features: {project.leak_audit}"
    )


def _evidence(row: Any) -> str:
    """Return in words what speaks against a feature, one row of `LeakAudit.table`: counts, never a value."""
    parts = []
    if row.auc_low > HIGHEST_AUC:
        interval = f"{100 * _CONFIDENCE_LEVEL:g} % interval {row.auc_low:.3f} to {row.auc_high:.3f}"
        answers = f"{row.n_answers:,} answers of {row.answers_of}"
        parts.append(f"alone tells a {row.nps_class} with AUC {row.auc:.3f}, {interval}, {answers}")
    if not pd.isna(row.n_changed) and row.n_changed > 0:
        counts = f"{row.n_lower:,} lower, {row.n_higher:,} higher"
        filled = f"filled in {row.n_filled_before:,} rows before, in {row.n_filled_after:,} after"
        parts.append(
            f"changes in {row.n_changed:,} of {row.n_rows:,} rows without what came after as_of, {counts}, {filled}"
        )
    if row.word:
        parts.append(f"called like an outcome, {row.word!r}")
    return " and ".join(parts)
