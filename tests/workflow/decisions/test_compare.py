"""Compare, on a small trained project: the numbers of the estimate, the files, what is refused."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from large_project import write_large

from silentnps.bundle.bundle import load_bundle
from silentnps.errors import ConfigError
from silentnps.estimation.comparison.wave_comparison import repeats_of
from silentnps.storage.spreadsheet_csv import read_csv
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.commands.estimate import estimate
from silentnps.workflow.commands.train import train
from silentnps.workflow.decisions.compare import ASSOCIATION, Compared, compare
from silentnps.workflow.decisions.comparison.personas import personas_of
from silentnps.workflow.decisions.comparison.segment_columns import read_segment_columns
from silentnps.workflow.decisions.comparison.trained_wave import read_trained_wave

BY = ("region", "usage", "invitations_weekday", "class")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a trained project of 3,000 customers of whom half were invited; usage pleases them."""
    project = write_large(tmp_path_factory.mktemp("compare"))
    config = project.config.model_copy(
        update={"explanation": project.config.explanation.model_copy(update={"refits": 2})}
    )
    project = replace(project, config=config)
    train(project)
    return project


@pytest.fixture(scope="module")
def compared(trained: Project) -> Compared:
    """Return a comparison by several columns, whose files are kept in `written`: each comparison replaces them."""
    found = compare(trained, by=BY)
    shutil.copytree(trained.comparison, written(trained))
    return found


def written(project: Project) -> Path:
    return project.output.parent / "written"


def test_numbers_are_those_of_estimate_by_to_the_last_digit(trained: Project, compared: Compared) -> None:
    report = estimate(trained, by=["region"])
    levels = compared.levels[compared.levels["segmentation"] == "region"].drop(columns="answer_rate")
    pd.testing.assert_frame_equal(levels, report.segments, check_exact=True, check_dtype=False)
    pairs = compare(trained, by=["region"], against="pairs").differences.set_index(["segment", "other"])
    estimated = report.segment_differences.set_index(["segment", "other"])
    assert len(pairs) == len(estimated) > 0
    for name in ("difference", "low", "high", "standard_error"):
        assert (pairs.loc[estimated.index, name] == estimated[name]).all()


def test_a_number_is_cut_in_quarters_in_their_order(compared: Compared) -> None:
    usage = compared.levels[compared.levels["segmentation"] == "usage"]
    starts = [float(label.split(" to ")[0]) for label in usage["segment"]]
    assert len(usage) == 4
    assert starts == sorted(starts)
    assert usage["n"].between(700, 800).all()


def test_what_pleases_is_told_and_shared_out(compared: Compared) -> None:
    usage = compared.differences[compared.differences["segmentation"] == "usage"]
    top = compared.levels[compared.levels["segmentation"] == "usage"]["segment"].iloc[-1]
    row = usage[usage["segment"] == top].iloc[0]
    assert row["differs"]
    assert row["difference"] > 20
    drivers = compared.drivers[(compared.drivers["segmentation"] == "usage") & (compared.drivers["segment"] == top)]
    assert drivers["driver"].iloc[0] == "usage"
    assert drivers["points"].sum() == pytest.approx(row["difference"])
    assert drivers["low"].iloc[0] < drivers["points"].iloc[0] < drivers["high"].iloc[0]


def test_events_give_segments(compared: Compared) -> None:
    days = compared.levels[compared.levels["segmentation"] == "invitations_weekday"]
    assert days["segment"].tolist() == ["(not invited)", "4 Thursday"]  # 2025-05-01
    never = days.set_index("segment").loc["(not invited)"]
    assert (never["n_respondents"], never["answer_rate"]) == (0, 0.0)
    rows = compared.differences[compared.differences["segmentation"] == "invitations_weekday"]
    assert rows[["segment", "other"]].to_numpy().tolist() == [["(not invited)", "4 Thursday"]]


def test_classes_have_more_and_less_of_what_moves_them(compared: Compared) -> None:
    ranked = compared.personas[compared.personas["rank"] == 1].set_index(["nps_class", "feature"])
    assert ranked.loc[("promoter", "usage"), "difference"] > 0.2
    assert ranked.loc[("detractor", "usage"), "difference"] < -0.2
    assert "on average against" in ranked.loc[("promoter", "usage"), "words"]
    assert compared.classes["share"].sum() == pytest.approx(1.0)
    assert ASSOCIATION in compared.notes


def test_sentences_are_about_each_column_and_notes_tell_what_made_columns_are(compared: Compared) -> None:
    assert [sentence.split(":")[0] for sentence in compared.sentences] == ["region", "usage", "invitations_weekday"]
    assert "invitations_weekday: weekday of the invitation." in compared.notes


def test_tables_and_json_are_written(trained: Project, compared: Compared) -> None:
    folder = written(trained)
    names = {path.name for path in folder.iterdir()}
    assert names == {f"{name}.csv" for name in ("levels", "differences", "drivers", "personas", "classes")} | {
        "compare.json"
    }
    text = ("segmentation", "segment", "other")
    read = read_csv(folder / "differences.csv", text=text, keep_words=True)
    pd.testing.assert_frame_equal(read, compared.differences, check_dtype=False)
    values = json.loads((folder / "compare.json").read_text(encoding="utf-8"))
    assert values["differences"][0]["difference"] == compared.differences["difference"].iloc[0]
    assert values["wave"] == compared.wave == "2025-Q2"


def test_the_same_question_gives_the_same_bytes_and_changes_nothing_else(trained: Project) -> None:
    others = {
        path: path.stat().st_mtime_ns
        for path in trained.output.iterdir()
        if path.name != "compare" and path.is_file() and path.suffix != ".lock"
    }

    def bytes_of() -> dict[str, bytes]:
        compare(trained, by=["region"])
        return {path.name: path.read_bytes() for path in sorted(trained.comparison.iterdir())}

    one = bytes_of()
    assert one == bytes_of()
    assert "personas.csv" not in one
    assert {path: path.stat().st_mtime_ns for path in others} == others


def test_the_level_and_what_is_compared_with_what_are_used(trained: Project) -> None:
    wide = compare(trained, by=["region"], against="north", confidence_level=0.99)
    assert set(wide.differences["other"]) == {"north"}
    assert (wide.differences["confidence_level"] == 0.99).all()
    assert wide.confidence_level == 0.99


@pytest.mark.parametrize(
    ("by", "against", "words"),
    [
        (["shoe_size"], "base", r"got 'shoe_size'. Choose among: class, region, .*invitations_hour"),
        (["orders_main_channel"], "base", "got 'orders_main_channel'"),
        (["invitations_channel"], "base", "must have the column channel in invitations; got none"),
        (["region"], "moon", "one of base, pairs, east, north, south, west; got 'moon'"),
        (["class"], "pairs", "--against must be base with --by class"),
        ([], "base", "--by must be given"),
    ],
)
def test_what_cannot_be_compared_is_refused(trained: Project, by: list[str], against: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        compare(trained, by=by, against=against)


def test_segments_are_in_the_order_of_the_customers(trained: Project) -> None:
    bundle = load_bundle(trained.model)
    wave = read_trained_wave(trained, bundle, ["region"])
    columns = read_segment_columns(trained, bundle, wave.of_wave, ["invitations_weekday", "age"])
    invited = wave.of_wave["invited"].to_numpy(dtype=bool)
    assert ((columns.held["invitations_weekday"] == "(not invited)").to_numpy() == ~invited).all()
    ages = wave.of_wave["age"].to_numpy()
    first = (columns.held["age"] == columns.order["age"][0]).to_numpy()
    assert ages[first].max() < ages[~first].min()


def test_personas_are_ranked_in_each_direction(trained: Project) -> None:
    found = read_trained_wave(trained, load_bundle(trained.model), [])
    personas = personas_of(found.wave, repeats_of(found.wave, found.kept.repeats), found.kept.bootstrap)
    for _, part in personas.profiles.dropna(subset=["rank"]).groupby(["nps_class"]):
        for sign in (1, -1):
            rows = part[np.sign(part["difference"]) == sign].sort_values("rank")
            assert rows["difference"].abs().is_monotonic_decreasing
            assert rows["rank"].tolist() == list(range(1, len(rows) + 1))
            assert rows["topic"].is_unique
    assert personas.profiles.loc[~personas.profiles["differs"], "rank"].isna().all()
