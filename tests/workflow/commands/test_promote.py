"""From the challenger to the champion and back, on two trainings of a small project."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from projects import CANDIDATES, write_project
from typer.testing import CliRunner

from silentnps.bundle.bundle import load_bundle
from silentnps.cli import app
from silentnps.config import load_config
from silentnps.errors import ModelError
from silentnps.scoring.batch import IF_RESPONDENT
from silentnps.tracking.registry import (
    CHAMPION_SINCE,
    FORCED,
    ModelVersion,
    load_held_out,
    make_champion,
    model_versions,
)
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.artifacts.store import store_of
from silentnps.workflow.commands.promote import Promotion, _against, _paired, promote
from silentnps.workflow.commands.train import train

ALLOWED = {"gates": {"max_ece": 0.2, "max_nps_change": 100.0}}


@pytest.fixture(scope="module")
def twice(retailer: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project that was trained twice, the first time with fewer trees and worse."""
    folder = tmp_path_factory.mktemp("twice")
    (folder / "data").symlink_to(retailer)
    worse = {"repeats": 1, "folds": 3, "trees": 8, "candidates": CANDIDATES, "learning_curve": False}
    train(Project(load_config(write_project(folder, **ALLOWED, model=worse))))
    again = Project(load_config(write_project(folder, **ALLOWED, random_state=5)))
    train(again)
    return again


@pytest.fixture
def registry(twice: Project) -> Project:
    """Return the same project as if nothing had been promoted yet."""
    client = MlflowClient(store_of(twice).uri)
    for one in model_versions(store_of(twice)):
        if "champion" in one.aliases:
            client.delete_registered_model_alias("demo", "champion")
        for tag in {CHAMPION_SINCE, FORCED} & set(one.tags):
            client.delete_model_version_tag("demo", str(one.number), tag)
    return twice


def strict(project: Project, **gates: object) -> Project:
    """Return the project with other gates."""
    changed = project.config.gates.model_copy(update=gates)
    return replace(project, config=project.config.model_copy(update={"gates": changed}))


def champion(project: Project) -> ModelVersion | None:
    return next((one for one in model_versions(store_of(project)) if "champion" in one.aliases), None)


def names(promotion: Promotion) -> list[str]:
    return [gate.name for gate in promotion.gates]


def command(project: Project, *words: str) -> tuple[int, str, str]:
    config = str(project.output.parent / "config.yaml")
    result = CliRunner().invoke(app, [words[0], "-c", config, *words[1:]], env={"COLUMNS": "200"})
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.slow
def test_first_a_model_needs_the_gates_of_itself_then_also_those_against_the_one_in_use(registry: Project) -> None:
    first = promote(registry, version=1)
    assert first.promoted
    assert first.before is None
    assert not [name for name in names(first) if name.startswith("change")]
    second = promote(registry)
    assert (second.promoted, second.version.number) == (True, 2)
    assert names(second)[-4:] == [f"change of {what}" for what in ("RPS", "log loss", "lift at 10 %", "NPS")]
    now = champion(registry)
    assert now is not None
    assert now.number == 2
    assert datetime.fromisoformat(now.tags[CHAMPION_SINCE]) <= datetime.now(UTC)
    assert FORCED not in now.tags


@pytest.mark.slow
def test_a_model_that_is_proven_worse_stops_unless_so_much_is_allowed(registry: Project) -> None:
    promote(registry, version=2)
    assert promote(registry, version=1).reason == "failed: change of RPS"
    assert promote(strict(registry, max_rps_increase=0.5), version=1).promoted


@pytest.mark.slow
def test_rolling_back_needs_no_gates(registry: Project) -> None:
    promote(registry, version=1)
    promote(registry, version=2)
    back = promote(strict(registry, max_ece=1e-6), version=1)
    assert (back.promoted, back.gates) == (True, [])
    again = promote(registry, version=1)
    assert (again.promoted, again.reason) == (False, "it is in use already")


@pytest.mark.slow
def test_a_failed_gate_stops_and_force_is_written_on_the_version(registry: Project) -> None:
    demanding = strict(registry, min_lift_at_10=9.0)
    stopped = promote(demanding)
    assert not stopped.promoted
    assert stopped.reason == "failed: lift at 10 % of detractors"
    assert champion(registry) is None
    forced = promote(demanding, force=True)
    now = champion(registry)
    assert forced.promoted
    assert now is not None
    assert now.tags[FORCED].endswith(": failed: lift at 10 % of detractors")


@pytest.mark.slow
def test_an_estimate_that_moved_stops_unless_that_gate_is_off(registry: Project) -> None:
    promote(registry, version=1)
    assert promote(strict(registry, max_nps_change=0.0)).reason == "failed: change of NPS"
    off = promote(strict(registry, max_nps_change=0.0, estimate=False))
    assert off.promoted
    assert "change of NPS" not in names(off)


@pytest.mark.slow
def test_few_answers_are_never_promoted_without_force(registry: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    found = model_versions(store_of(registry))
    few = [replace(one, params={**one.params, "n_answers_of_wave": "199"}) for one in found]
    monkeypatch.setattr("silentnps.workflow.commands.promote.model_versions", lambda _: few)
    assert promote(registry).reason == "failed: answers of the wave"


@pytest.mark.slow
def test_both_are_compared_on_the_same_held_out_answers(registry: Project) -> None:
    second, first = model_versions(store_of(registry))
    held_out, before = (load_held_out(store_of(registry), one) for one in (second, first))
    pairs = _paired(registry, first, held_out, None)
    assert len(pairs) == len(held_out) == len(before)
    assert not set(pairs.columns) & {"customer_id"}
    other = before.set_index("key").loc[pairs["key"]]
    for name in IF_RESPONDENT:
        np.testing.assert_array_equal(pairs[f"{name}_before"], other[name])


@pytest.mark.slow
def test_answers_that_the_champion_never_saw_are_scored_by_it(
    registry: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    second, first = model_versions(store_of(registry))
    held_out, before = (load_held_out(store_of(registry), one) for one in (second, first))
    rows = pd.read_parquet(registry.out_of_fold / "rows.parquet")
    changed = before.iloc[100:].copy()
    changed.iloc[:7, changed.columns.get_loc("nps_class")] += 10  # answered again, otherwise
    monkeypatch.setattr("silentnps.workflow.commands.promote.load_held_out", lambda *_: changed)
    pairs = _paired(registry, first, held_out, rows).set_index("key")
    assert len(pairs) == len(held_out) - 7
    assert len(_paired(registry, first, held_out, None)) == len(held_out) - 107
    new = pairs.loc[before["key"].iloc[:100]]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store_of(registry).uri)
    served = mlflow.pyfunc.load_model("models:/demo/1").predict(features_of(rows, registry, list(new.index)))
    np.testing.assert_allclose(new[f"{IF_RESPONDENT[0]}_before"], served[IF_RESPONDENT[0]], atol=1e-12)


def features_of(rows: pd.DataFrame, project: Project, keys: list[str]) -> pd.DataFrame:
    from silentnps.workflow.record import keys_of

    built = pd.read_parquet(project.features)
    own = built.assign(key=keys_of(project, built)).set_index("key").loc[keys].reset_index(drop=True)
    return own.drop(columns=["customer_id", "wave", "as_of", "respondent", "rating", "reminders"])


@pytest.mark.slow
def test_without_the_rows_of_training_the_estimate_cannot_be_compared(registry: Project, tmp_path: Path) -> None:
    second, first = model_versions(store_of(registry))
    elsewhere = replace(registry, config=registry.config.model_copy(update={"output": tmp_path}))
    elsewhere = replace(
        elsewhere,
        config=elsewhere.config.model_copy(
            update={"tracking": registry.config.tracking.model_copy(update={"uri": store_of(registry).uri})}
        ),
    )
    gates = _against(elsewhere, second, first, load_held_out(store_of(registry), second), None)
    assert [(gate.name, gate.verdict) for gate in gates if gate.name == "change of NPS"] == [
        ("change of NPS", "FAIL")
    ]


@pytest.mark.slow
def test_a_version_that_is_not_there_is_refused_with_those_that_are(registry: Project) -> None:
    with pytest.raises(ModelError, match=r"the version must be one of 2, 1; got 9\."):
        promote(registry, version=9)


@pytest.mark.slow
def test_the_commands_print_the_gates_and_the_versions(registry: Project) -> None:
    code, out, err = command(registry, "promote", "--version", "1")
    assert code == 0, err
    assert "Gates of version 1" in out
    assert "demo version 1 is champion now" in out
    code, out, _ = command(registry, "models")
    assert code == 0
    for words in ("champion", "challenger", "2025-Q4", "cv/rps", "silent/nps"):
        assert words in out
    config = registry.output.parent / "config.yaml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("max_ece: 0.2", "max_ece: 0.2\n  min_lift_at_10: 9"), encoding="utf-8")
    code, out, _ = command(registry, "promote")
    config.write_text(text, encoding="utf-8")
    assert code == 1
    assert "was not promoted: failed: lift at 10 % of detractors" in out


@pytest.mark.slow
def test_a_run_keeps_what_it_learned_from(registry: Project) -> None:
    (second, first) = model_versions(store_of(registry))
    client = MlflowClient(store_of(registry).uri)
    inputs = [client.get_run(one.run_id).inputs.dataset_inputs for one in (second, first)]
    names = [sorted(one.dataset.name for one in each) for each in inputs]
    assert names[0] == names[1] == [f"features of wave 2025-Q{quarter}" for quarter in (1, 2, 3, 4)]
    digests = [{one.dataset.name: one.dataset.digest for one in each} for each in inputs]
    assert digests[0] == digests[1]  # the same features, learned with another seed: of these few customers alike
    assert "orders_count_90d" in inputs[0][0].dataset.schema
    with_features = client.download_artifacts(second.run_id, "features/features.md")
    text = Path(with_features).read_text(encoding="utf-8")
    assert "`orders_count_90d`" in text
    assert "## Attributes of customers" in text
    assert load_bundle(registry.model).info["wave"] == second.params["wave"]


def test_no_version_is_no_error_to_list_and_one_to_promote(retailer: Path, tmp_path: Path) -> None:
    (tmp_path / "data").symlink_to(retailer)
    project = Project(load_config(write_project(tmp_path)))
    code, out, _ = command(project, "models")
    assert (code, out.strip()) == (0, "no version is registered yet: run `silentnps train`")
    code, _, err = command(project, "promote")
    assert code == 1
    assert "must have a registered version; got none" in err


def test_a_version_is_named_champion_with_the_time(project: Project) -> None:
    (only,) = model_versions(store_of(project))
    moment = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
    make_champion(store_of(project), only, now=moment)
    (found,) = model_versions(store_of(project))
    assert set(found.aliases) == {"challenger", "champion"}
    assert found.was_champion
    assert found.tags[CHAMPION_SINCE] == "2025-01-02T03:04:05+00:00"
