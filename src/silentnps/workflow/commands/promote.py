"""Promote: put a registered model into use if it passes the gates, or back into use if it was before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from silentnps.errors import ModelError
from silentnps.evaluation.gates import (
    Gate,
    absolute_gates,
    failed,
    missing_comparison,
    no_comparison,
    relative_gates,
)
from silentnps.evaluation.paired_comparison import Difference, compare_models, mean_difference
from silentnps.features.engine.expressions import KEYS
from silentnps.features.learned.learned_features import LEARNED_FEATURES
from silentnps.scoring.batch import IF_RESPONDENT
from silentnps.tracking.registry import (
    CHALLENGER,
    CHAMPION,
    ModelVersion,
    load_held_out,
    make_champion,
    model_versions,
    score_with_version,
)
from silentnps.tracking.store import check_store
from silentnps.workflow.artifacts.out_of_fold import read_training_rows
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.artifacts.store import store_of
from silentnps.workflow.record import LEAKS_ALLOWED, class_codes, keys_of
from silentnps.workflow.watch import QUIET, Watch

_FEWEST_COMPARED = 50


@dataclass(frozen=True)
class Promotion:
    """The result of `promote`: the version, the one in use before, the gates (none for a rollback), the outcome.

    `reason` says in one line why a version was not promoted, or which failed gates it was promoted despite.
    """

    version: ModelVersion
    before: ModelVersion | None
    gates: list[Gate]
    promoted: bool
    reason: str = ""


def promote(
    project: Project, *, version: int | None = None, force: bool = False, watch: Watch = QUIET
) -> Promotion:
    """Give a version (the challenger, if none is named) the alias `champion`.

    A version that was in use before needs no gate; any other passes those of the configuration or is forced.

    Raises
    ------
    ModelError
        If there is no such version, or the store cannot be written.
    """
    watch.step("reading the registry")
    project.prepare_output()
    check_store(store_of(project))
    versions = model_versions(store_of(project))
    chosen = _chosen(versions, version)
    before = next((candidate for candidate in versions if CHAMPION in candidate.aliases), None)
    if before is not None and before.number == chosen.number:
        return Promotion(chosen, before, [], promoted=False, reason="it is in use already")
    gates = [] if chosen.was_champion else _gates(project, chosen, before, watch)
    bad = failed(gates)
    if bad and not force:
        return Promotion(chosen, before, gates, promoted=False, reason=f"failed: {'; '.join(bad)}")
    forced = f"failed: {'; '.join(bad)}" if bad else None
    make_champion(store_of(project), chosen, now=datetime.now(UTC), forced=forced)
    return Promotion(chosen, before, gates, promoted=True, reason=forced or "")


def _chosen(versions: list[ModelVersion], number: int | None) -> ModelVersion:
    if not versions:
        raise ModelError("the model must have a registered version; got none. Run `silentnps train` first.")
    fits = [
        candidate
        for candidate in versions
        if candidate.number == number or (number is None and CHALLENGER in candidate.aliases)
    ]
    if not fits:
        known = ", ".join(str(candidate.number) for candidate in versions)
        wanted = f"{number}" if number is not None else "none with the alias challenger"
        raise ModelError(f"the version must be one of {known}; got {wanted}. Choose one with --version.")
    return fits[0]


def _gates(project: Project, chosen: ModelVersion, before: ModelVersion | None, watch: Watch) -> list[Gate]:
    held_out = load_held_out(store_of(project), chosen)
    gates = absolute_gates(
        held_out[list(IF_RESPONDENT)].to_numpy(),
        held_out["nps_class"].to_numpy(),
        n_answers=int(chosen.params.get("n_answers_of_wave", 0)),
        leaks_allowed=chosen.run_tags.get(LEAKS_ALLOWED),
        gates=project.config.gates,
    )
    if before is None:
        return gates
    watch.step(f"comparing version {chosen.number} with {before.number}, which is in use")
    rows = read_training_rows(project)
    return [*gates, *_against(project, chosen, before, held_out, rows)]


def _against(
    project: Project, chosen: ModelVersion, before: ModelVersion, held_out: pd.DataFrame, rows: pd.DataFrame | None
) -> list[Gate]:
    config = project.config
    differences: dict[str, Difference] = {}
    missing: list[Gate] = []
    pairs = _paired(project, before, held_out, rows)
    if len(pairs) < _FEWEST_COMPARED:
        missing.append(missing_comparison("RPS", f"{len(pairs)} held-out answers of both"))
    else:
        compared = compare_models(
            pairs[list(IF_RESPONDENT)].to_numpy(),
            pairs[[f"{name}_before" for name in IF_RESPONDENT]].to_numpy(),
            pairs["nps_class"].to_numpy(),
            persons=pairs["person"].to_numpy(),
            random_state=config.random_state,
        )
        differences |= {difference.metric: difference for difference in compared}
    if config.gates.estimate:
        change = _change_of_estimate(project, chosen, before, rows)
        if isinstance(change, Gate):
            missing.append(change)
        else:
            differences["nps"] = change
    return [*relative_gates(differences, config.gates, same_wave=_wave(chosen) == _wave(before)), *missing]


def _paired(
    project: Project, before: ModelVersion, held_out: pd.DataFrame, rows: pd.DataFrame | None
) -> pd.DataFrame:
    """Return the challenger's held-out rows with the champion's probabilities (columns `..._before`).

    For rows that the champion was trained on these are its held-out probabilities, if the class is unchanged; for
    other rows its present scores, if their features are available.
    """
    held_out_before = load_held_out(store_of(project), before)
    columns = ["key", "nps_class", *IF_RESPONDENT]
    common = held_out.merge(held_out_before[columns], on=["key", "nps_class"], suffixes=("", "_before"))
    new = held_out[~held_out["key"].isin(held_out_before["key"])]
    if rows is None or new.empty:
        return common
    rows = rows[class_codes(rows) >= 0]
    rows = rows.assign(key=keys_of(project, rows))
    rows = rows[rows["key"].isin(new["key"])].reset_index(drop=True)
    if rows.empty:
        return common
    scores = score_with_version(store_of(project), before, _as_served(rows))[list(IF_RESPONDENT)]
    scored_now = scores.assign(key=rows["key"].to_numpy(), nps_class=class_codes(rows))
    return pd.concat([common, new.merge(scored_now, on=["key", "nps_class"], suffixes=("", "_before"))])


def _change_of_estimate(
    project: Project, chosen: ModelVersion, before: ModelVersion, rows: pd.DataFrame | None
) -> Difference | Gate:
    """Return the change of silent customers' NPS in the challenger's wave, or a gate that says why not."""
    of_wave = None if rows is None else rows[rows["wave"] == _wave(chosen)]
    if of_wave is None or of_wave.empty:
        return missing_comparison("NPS", f"no rows of wave {_wave(chosen)} in {project.out_of_fold}")
    silent = of_wave[class_codes(of_wave) < 0].reset_index(drop=True)
    if silent.empty:
        return no_comparison("NPS", "nobody stayed silent")
    means = [
        score_with_version(store_of(project), version, _as_served(silent))["expected_nps"].to_numpy(
            dtype=np.float64
        )
        for version in (chosen, before)
    ]
    return mean_difference("nps", *means, random_state=project.config.random_state)


def _as_served(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows as they are built: without keys, and without columns that another model learned."""
    unwanted = {*KEYS, "key", *LEARNED_FEATURES} - {"invited"}
    built = rows.drop(columns=[name for name in rows.columns if name in unwanted])
    categories = built.select_dtypes("category").columns
    return built.astype(dict.fromkeys(categories, "object"))


def _wave(version: ModelVersion) -> str:
    return version.params.get("wave", "")
