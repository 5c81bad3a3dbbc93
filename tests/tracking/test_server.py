"""A tracking server on another machine, as far as the client can tell: runs, artifacts and models over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from background import free_port, outside, running
from mlflow import MlflowClient
from tiny_project import answers_of, customers, write_tiny
from typer.testing import CliRunner

from silentnps.cli import app
from silentnps.errors import ModelError
from silentnps.tracking.address import Store
from silentnps.tracking.registry import model_versions
from silentnps.tracking.store import check_store
from silentnps.workflow.artifacts.store import store_of


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of an MLflow server that keeps the artifacts too."""
    folder = tmp_path_factory.mktemp("server")
    port = free_port()
    words = (
        *("-m", "mlflow", "server", "--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--serve-artifacts"),
        *("--artifacts-destination", folder / "artifacts", "--host", "127.0.0.1", "--port", port, "--workers", "1"),
    )
    address = f"http://127.0.0.1:{port}"
    with running(*words, url=f"{address}/health", env=outside(), cwd=folder):
        yield address


@pytest.mark.slow
def test_train_estimate_promote_and_models_work_against_a_server(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    people = customers(600)
    project = write_tiny(
        tmp_path,
        people,
        answers_of(people[:300]),
        gates={"max_ece": 1.0, "min_lift_at_10": 0.0, "max_nps_change": 200},
    )
    config = tmp_path / "config.yaml"
    for words in (["train"], ["promote"], ["train"], ["estimate"], ["promote"], ["models"]):
        result = CliRunner().invoke(app, [*words, "-c", str(config)], env={"COLUMNS": "200"})
        assert result.exit_code == 0, (words, result.stdout, result.stderr)
    assert result.stdout.count(" all ") == 2  # the wave, of two versions
    assert not list(project.output.glob("ml*"))
    newest, _ = model_versions(store_of(project))
    assert newest.aliases == ("challenger", "champion")
    client = MlflowClient(server)
    kept = {item.path for item in client.list_artifacts(newest.run_id)}
    assert {"plots", "held_out", "estimate", "features", "configuration"} <= kept


@pytest.mark.slow
def test_a_server_that_is_not_there_is_found_out_before_the_work() -> None:
    address = f"http://me:secret@127.0.0.1:{free_port()}"
    with pytest.raises(ModelError, match=r"Check the store \(tracking.uri\)") as caught:
        check_store(Store(address, "shop", "shop"))
    assert "secret" not in str(caught.value)
