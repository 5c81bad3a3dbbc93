"""The benchmark of nonresponse: who answers by each rule, and the arithmetic of its tables."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import peers
from mechanisms import MECHANISMS, draw_answers
from nonresponse import tasks_of
from tables import UNITS, failure_table, markdown, pooled_table, records, rmse_table, segment_table, selection_table

N = 20_000


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    frame = pd.DataFrame({"age": rng.normal(40, 10, N), "orders": rng.poisson(3, N), "late": rng.exponential(1, N)})
    return frame.assign(tier=rng.choice(["basic", "gold", "rare"], N, p=[0.6, 0.39, 0.01]), y=rng.integers(0, 3, N))


def answers(customers: pd.DataFrame, name: str, seed: int) -> np.ndarray:
    drivers, classes = customers[["age", "orders", "tier"]], customers["y"].to_numpy()
    return draw_answers(drivers, classes, MECHANISMS[name], rate=0.15, seed=seed, shadow=customers["late"])


@pytest.mark.parametrize("name", MECHANISMS)
def test_every_mechanism_hits_its_response_rate(customers, name):
    rule = MECHANISMS[name]
    wanted = rule.answers / N if rule.answers else rule.rate or 0.15
    # the seed is fixed; four standard deviations of a mean of N answers at most
    assert answers(customers, name, 3).mean() == pytest.approx(wanted, abs=4 * (wanted * (1 - wanted) / N) ** 0.5)


def test_a_seed_names_one_draw(customers):
    first = answers(customers, "drivers_and_satisfaction", 0)
    assert (first == answers(customers, "drivers_and_satisfaction", 0)).all()
    assert (first != answers(customers, "drivers_and_satisfaction", 1)).any()


def row(mechanism: str, seed: int, method: str, off: float, **fields: object) -> dict[str, object]:
    """Return a draw whose truth is 10; the interval, if any, is 8 wide around the value."""
    interval = {"low": 6 + off, "high": 14 + off} if method in {"selection", "segment"} else {}
    known = {"mechanism": mechanism, "seed": seed, "method": method, "truth": 10.0, "value": 10 + off}
    return {**known, "low": None, "high": None, **interval, **fields}


@pytest.fixture
def draws() -> pd.DataFrame:
    """Return ten draws of `mar`, two of which the interval misses, and one draw of two other mechanisms."""
    errors = [3.0, -3, 3, -3, 3, -3, 3, -3, 6, -6]
    rows = [row("mar", seed, "selection", error, seconds=2.0) for seed, error in enumerate(errors)]
    rows += [row("mar", seed, "true_gamma", 2.0) for seed in range(10)]
    for name in ("both_extremes", "label_shift"):
        rows += [row(name, 0, "selection", 5.0, seconds=5.0), row(name, 0, "true_gamma", 5.0)]
    rows += [row("mar", 0, "segment", -7.0, segment="a"), row("mar", 0, "segment", 1.0, segment="b")]
    rows.append(row("mar", 0, "ppi", 1.0, seconds=0.5))
    rows.append({**row("label_shift", 0, "ppi", 0.0), "value": None, "error": "no | luck"})
    return pd.DataFrame(rows)


def test_rmse_and_its_worst_core_mechanism(draws):
    table = rmse_table(draws)
    assert table.columns.tolist() == ["mar", "label_shift", "both_extremes", "worst_core", "seconds"]
    # mar: root of (8 * 9 + 2 * 36) / 10
    assert table.loc["selection"].tolist() == pytest.approx([14.4**0.5, 5, 5, 5, 2.5])
    assert table.loc["ppi", "mar"] == 1.0
    assert np.isnan(table.loc["ppi", "worst_core"])


def test_selection_beside_the_true_gamma(draws):
    table = selection_table(draws).loc["mar"]
    assert table[["draws", "bias", "coverage", "width"]].tolist() == pytest.approx([10, 0, 0.8, 8])
    assert table["rmse_over_true_gamma"] == pytest.approx(14.4**0.5 / 2)


def test_the_binomial_test_is_of_core_mechanisms_and_one_sided(draws):
    p_values = selection_table(draws)["coverage_p"]
    # 8 of 10: 1 - 0.92^10 - 10 * 0.08 * 0.92^9; 0 of 1: 0.08
    assert p_values["mar"] == pytest.approx(1 - 0.92**10 - 0.8 * 0.92**9)
    assert p_values["label_shift"] == pytest.approx(0.08)
    assert np.isnan(p_values["both_extremes"])


def test_coverage_is_pooled_over_mechanisms_with_its_number_of_intervals(draws):
    pooled = pooled_table(draws)
    assert pooled.loc[("core", "selection")].tolist() == pytest.approx([8 / 11, 11])
    assert pooled.loc[("stress", "selection")].tolist() == [0.0, 1.0]
    assert ("core", "ppi") not in pooled.index


def test_segments_are_apart(draws):
    assert segment_table(draws).loc["mar"].tolist() == pytest.approx([2, 4.0, 0.5, 8.0])


def test_a_failed_draw_is_told_with_its_reason(draws):
    assert failure_table(draws).loc[("ppi", "no | luck"), "failed"] == 1
    assert "| ppi | no / luck | 1 |" in markdown(draws)


def test_every_record_has_its_unit(draws):
    found = {(one["name"], one["metric"]): one for one in records(draws)}
    assert found["worst_core/selection", "rmse"]["value"] == 5.0
    assert found["mar/selection", "coverage"]["unit"] == "share"
    assert found["core/selection", "intervals"]["value"] == 11
    assert found["mar/segment", "mean_absolute_error"]["value"] == 4.0
    assert {one["metric"] for one in found.values()} == set(UNITS)
    assert json.loads(json.dumps(list(found.values()), allow_nan=False))


def test_a_resumed_run_does_what_is_missing_only(tmp_path: Path):
    pd.DataFrame({"rating": [9.0, 3.0, None], "age": [1.0, 2.0, 3.0]}).to_parquet(tmp_path / "answers.parquet")
    lines = [{"mechanism": "mar", "seed": seed, "method": "selection"} for seed in (0, 1)]
    lines.append({"mechanism": "mar", "seed": 0, "method": "ppi"})
    (tmp_path / "lines").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    options = {"data": tmp_path / "answers.parquet", "rating": "rating", "drivers": "age", "shadows": ""}
    options |= {"segment": None, "rate": 0.5, "mechanism": "mar", "seed": 0, "replications": 3, "shard": "0/1"}

    def planned(**more: object) -> list[tuple[int, bool, bool]]:
        tasks = tasks_of(argparse.Namespace(**options, resume=tmp_path / "lines", **more))
        return [(task["seed"], task["own"], task["peers"]) for task in tasks]

    assert planned(peers=False) == [(2, True, False)]
    assert planned(peers=True) == [(1, False, True), (2, True, True)]


def draw(n: int = 400) -> peers.Draw:
    rng = np.random.default_rng(0)
    z, truth = rng.normal(size=n), rng.integers(0, 3, n)
    features = pd.DataFrame({"class": pd.Categorical(rng.choice(["a", "b"], n)), "late": z - truth})
    return peers.Draw(features, np.where(rng.random(n) < 0.4, truth, -1), seed=0)


def test_every_peer_estimates(monkeypatch):
    pytest.importorskip("quapy")
    pytest.importorskip("ppi_py")
    found = {one["method"]: one for one in peers.peer_rows(draw())}
    assert found.keys() == peers.PEERS.keys()
    absent = {name for name, one in found.items() if one["error"]}
    assert absent <= {"balance"}, [found[name]["error"] for name in absent]
    assert all(-100 < one["value"] < 100 for name, one in found.items() if name not in absent)
    assert found["ppi"]["low"] < found["ppi"]["value"] < found["ppi"]["high"]


def test_a_peer_that_fails_gives_its_reason(monkeypatch):
    def broken(_: peers.Draw) -> peers.Estimate:
        raise ValueError("singular")

    monkeypatch.setattr(peers, "PEERS", {"broken": broken, "survey_rocks": peers.survey_rocks})
    first, second = peers.peer_rows(draw())
    assert (first["value"], first["error"]) == (None, "ValueError: singular")
    assert second["error"] is None


def test_an_absent_package_is_named_with_its_cure(monkeypatch):
    monkeypatch.setattr(peers, "find_spec", lambda name: None if name == "quapy" else object())
    with pytest.raises(SystemExit, match=r"quapy: pip install 'silentnps\[benchmark\]'"):
        peers.check_installed()
