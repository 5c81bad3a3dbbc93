"""Which rows of a population training holds: samples by a hash, answers, and nothing after the wave."""

from __future__ import annotations

from pathlib import Path

import duckdb
import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pytest

from silentnps.features.large_base import training_rows as module
from silentnps.features.large_base.training_rows import (
    TrainingRows,
    WaveCounts,
    count_waves,
    read_held_rows,
    store_training_rows,
)

N = 2_000
WAVES = ("2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4")


def rows_of(seed: int = 0) -> pd.DataFrame:
    """Return customers in four waves, a tenth of whom answered and half of whom were invited."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"customer_id": np.tile([f"c{i:04d}" for i in range(N)], 4), "wave": np.repeat(WAVES, N), "usage": 1.5}
    )
    invited = rng.random(4 * N) < 0.5
    return frame.assign(invited=invited, respondent=invited & (rng.random(4 * N) < 0.2))


ROWS = rows_of()


def population_of(rows: pd.DataFrame) -> ir.Table:
    return ibis.duckdb.connect().create_table("people", ibis.memtable(rows), temp=True)


def held(rows: pd.DataFrame, folder: Path, *, most: int = 300, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """Return what is held for the third wave, features being the rows themselves, in two parts."""
    population = population_of(rows)
    chosen = TrainingRows.of(count_waves(population), "2025-Q3", most_silent=most, seed=seed)
    stored = store_training_rows(population, chosen)
    frame = stored.to_pandas()
    folder.mkdir(exist_ok=True)
    for part, share in enumerate((frame[::2], frame[1::2])):
        share.to_parquet(folder / f"part-{part:05d}.parquet", index=False)
    return read_held_rows(stored.get_backend(), folder, chosen)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_EARLIEST_ROWS", 400)
    monkeypatch.setattr(module, "_BEFORE_ROWS", 200)


def test_waves_are_counted():
    of_wave = ROWS[ROWS["wave"] == "2025-Q2"]
    silent = of_wave[~of_wave["respondent"]]
    counts = count_waves(population_of(ROWS))
    assert [wave.wave for wave in counts] == list(WAVES)
    wanted = WaveCounts(
        "2025-Q2", len(of_wave) - len(silent), int(silent["invited"].sum()), int((~silent["invited"]).sum())
    )
    assert counts[1] == wanted
    assert counts[1].n == N


def test_everybody_in_the_wave_is_stored_and_the_population_is_dropped():
    population = population_of(ROWS)
    chosen = TrainingRows.of(count_waves(population), "2025-Q3", most_silent=300, seed=0)
    frame = store_training_rows(population, chosen).to_pandas()
    assert list(frame.columns) == list(ROWS.columns)
    assert (frame["wave"] == "2025-Q3").sum() == N
    assert set(frame["wave"]) == set(WAVES[:3])
    assert frame["respondent"].sum() == ROWS.loc[ROWS["wave"] <= "2025-Q3", "respondent"].sum()
    with pytest.raises(duckdb.CatalogException):
        population.get_backend().con.execute(f"SELECT * FROM {population.get_name()}")


def test_answers_and_about_as_many_silent_customers_of_each_group_are_held(tmp_path: Path):
    frame, _ = held(ROWS, tmp_path)
    of_wave = frame[frame["wave"] == "2025-Q3"]
    assert frame["respondent"].sum() == ROWS.loc[ROWS["wave"] <= "2025-Q3", "respondent"].sum()
    sizes = of_wave[~of_wave["respondent"]].groupby("invited").size()
    # binomial with a mean of 300 of 800 to 1,000: a standard deviation of at most 15
    assert sizes.between(240, 360).all()
    before = frame[~frame["respondent"]].groupby("wave").size()
    assert 270 < before["2025-Q1"] < 450
    assert 110 < before["2025-Q2"] < 250


def test_uniform_rows_are_drawn_alike_whether_they_answered_or_not(tmp_path: Path):
    frame, uniform = held(ROWS, tmp_path)
    of_wave = (frame["wave"] == "2025-Q3").to_numpy()
    shares = [
        (uniform & of_wave & (frame["respondent"] == answered)).sum()
        / (ROWS.loc[ROWS["wave"] == "2025-Q3", "respondent"] == answered).sum()
        for answered in (True, False)
    ]
    assert shares[0] == pytest.approx(shares[1], abs=0.15)
    assert uniform[~frame["respondent"] & (frame["wave"] < "2025-Q3")].all()


def test_neither_order_nor_parts_matter(tmp_path: Path):
    frame, uniform = held(ROWS, tmp_path / "one")
    other, also = held(ROWS.sample(frac=1.0, random_state=3), tmp_path / "other")
    pd.testing.assert_frame_equal(frame, other)
    assert (uniform == also).all()


def test_a_larger_sample_holds_a_smaller_one_and_a_seed_another(tmp_path: Path):
    small, large, other = (
        set(held(ROWS, tmp_path / name, most=most, seed=seed)[0].query("wave == '2025-Q3'")["customer_id"])
        for name, most, seed in (("a", 200, 0), ("b", 400, 0), ("c", 200, 1))
    )
    assert small < large
    assert not other <= large


def test_where_there_are_not_so_many_everybody_is_held(tmp_path: Path):
    frame, uniform = held(ROWS, tmp_path, most=N)
    assert (frame["wave"] == "2025-Q3").sum() == N
    assert uniform[frame["wave"] == "2025-Q3"].all()
