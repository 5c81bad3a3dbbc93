"""However a rating reaches a file: read as its number or class, or refused by the scale that it looks like."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tiny_project import answers_of, customers, write_tiny

import silentnps
from silentnps.config.scale import ScaleConfig
from silentnps.data.reading.sources import ReadTables, read_tables
from silentnps.data.values.rating_notation import read_notation
from silentnps.data.values.rating_scale import doubt_of
from silentnps.errors import DataError
from silentnps.features.engine.build import build_features
from silentnps.features.engine.expressions import available_features

PEOPLE = customers(500)
RATINGS = PEOPLE["rating"]


def read(
    folder: Path, ratings: list[Any], scale: dict[str, Any] | None = None, table: str = "responses"
) -> ReadTables:
    """Read a project whose answers have these ratings, as they are written."""
    answers = answers_of(PEOPLE).assign(rating=ratings)
    tables: dict[str, Any] = {
        "customers": {"path": "customers.csv"},
        "responses": {"path": "responses.csv"} | ({} if scale is None else {"scale": scale}),
    }
    if table == "follow_up":
        answers.rename(columns={"responded_at": "called_at"}).to_csv(folder / "follow_up.csv", index=False)
        tables["follow_up"] = {"path": "follow_up.csv"}
        answers = answers_of(PEOPLE)
    return read_tables(write_tiny(folder, PEOPLE, answers, tables=tables).config)


def ratings_of(got: ReadTables) -> list[int]:
    return [int(value) for value in got.tables["responses"].to_pandas()["rating"]]


WAYS = {
    "labels at the ends": lambda v: {10: "10 - Extremely likely", 0: "0 - Not at all likely"}.get(v, v),
    "all labelled": lambda v: f"{v} (so many)",
    "label first": lambda v: f"likely: {v}",
    "of ten": lambda v: f"{v}/10",
    "out of ten": lambda v: f"{v} out of 10",
    "float": lambda v: f"{v}.0",
    "comma": lambda v: f"{v},0",
    "blanks": lambda v: f"  {v} ",
}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_a_written_rating_is_its_number(tmp_path: Path, way: str) -> None:
    assert ratings_of(read(tmp_path, [WAYS[way](v) for v in RATINGS])) == RATINGS.tolist()


REFUSED = {
    "stars": (lambda v: 1 + v * 4 // 10, "1-5"),
    "stars from 0": (lambda v: v * 4 // 10, "0-4"),
    "seven": (lambda v: 1 + v * 6 // 10, "1-7"),
    "places in a list": (lambda v: max(v - 1, 0), "0-9"),
    "eleven": (lambda v: v + 1, "1-11"),
    "hundred": (lambda v: v * 10, "0-100"),
    "per cent": (lambda v: f"{v * 10}%", "0-100"),
    "of five": (lambda v: f"{1 + v * 4 // 10}/5", "0-5"),
    "half points": (lambda v: v - 0.5 if v in (7, 9) else v, "half points"),
    "doubled stars": (lambda v: 2 * (1 + v * 4 // 10), "1-5"),
    "values": (lambda v: (v > 6) + (v > 8) - 1, "-1, 0, 1"),
    "codes": (lambda v: (v > 6) + (v > 8) + 1, "1-3"),
    "turned": (lambda v: {10: "10 - not at all likely", 4: "4 - very likely"}.get(v, v), "10-0"),
}


@pytest.mark.parametrize("table", ["responses", "follow_up"])
@pytest.mark.parametrize("way", REFUSED)
def test_another_scale_is_refused_by_its_name(tmp_path: Path, way: str, table: str) -> None:
    how, scale = REFUSED[way]
    with pytest.raises(DataError) as told:
        read(tmp_path, [how(v) for v in RATINGS], table=table)
    assert f"{table}.csv: column 'rating' must be on the scale 0-10" in str(told.value)
    assert scale in str(told.value)
    assert f"tables.{table}.scale" in str(told.value)


def test_one_survey_of_several_on_another_scale_is_found(tmp_path: Path) -> None:
    answers = answers_of(PEOPLE).assign(survey_id=np.where(np.arange(500) % 2, "a", "b"))
    answers["rating"] = np.where(np.arange(500) % 2, 1 + answers["rating"] * 4 // 10, answers["rating"])
    with pytest.raises(DataError, match="look like 1-5"):
        read_tables(write_tiny(tmp_path, PEOPLE, answers).config)


@pytest.mark.parametrize(("scale", "how"), [("1-11", lambda v: v + 1), ("0-100", lambda v: f"{10 * v} %")])
def test_a_scale_that_says_the_same_in_other_numbers_is_read_back(tmp_path: Path, scale: str, how: Any) -> None:
    got = read(tmp_path, [how(v) for v in RATINGS], {"from": scale})
    assert ratings_of(got) == RATINGS.tolist()
    assert "other numbers" in got.findings[0].cure


def test_a_declared_mapping_is_followed_and_said_to_be_no_other_nps(tmp_path: Path) -> None:
    to = {1: "detractor", 2: "detractor", 3: "detractor", 4: "passive", 5: "promoter"}
    got = read(tmp_path, [1 + v * 4 // 10 for v in RATINGS], {"from": "1-5", "to": to})
    assert set(ratings_of(got)) == {3, 7, 9}
    assert "compared with nothing but itself" in got.findings[0].cure
    assert "Shares before: " in got.findings[0].cure
    assert "rated_by_class" in got.tables["responses"].columns
    ratings = read(tmp_path, [1 + v * 4 // 10 for v in RATINGS], {"to": {i: 2 * i for i in range(1, 6)}})
    assert set(ratings_of(ratings)) <= {2, 4, 6, 8, 10}
    assert "rated_by_class" not in ratings.tables["responses"].columns


def test_labels_are_mapped_whatever_their_case_and_blanks(tmp_path: Path) -> None:
    words = ["Very likely", "VERY  LIKELY ", "hardly", "so so"]
    to = {"very likely": "promoter", "Hardly": "detractor", "so so": "passive"}
    got = read(tmp_path, [words[i % 4] for i in range(500)], {"to": to})
    assert ratings_of(got)[:4] == [9, 9, 3, 7]
    with pytest.raises(DataError, match=r"got 125 bad rows \(first rows 4, 8"):
        read(
            tmp_path, [words[i % 4] for i in range(500)], {"to": {"very likely": "promoter", "hardly": "detractor"}}
        )


def test_classes_are_accepted_and_their_ratings_are_no_features(tmp_path: Path) -> None:
    words = ["Promoter", "PASSIVE", " detractors ", "Passives (7-8)"]
    got = read(tmp_path, [words[i % 4] for i in range(500)])
    assert ratings_of(got)[:4] == [9, 7, 3, 7]
    assert "classes and count as such" in got.findings[0].cure
    built = {each.name for each in available_features(got.tables)}
    assert "responses_previous_count" in built
    assert not {"responses_previous_rating", "responses_previous_mean"} & built
    with pytest.raises(DataError, match="ratings or classes, not both; got 1 numbers and 499 classes"):
        read(tmp_path, [9, *["Promoter"] * 499])


@pytest.mark.parametrize("text", ["7-Oct", "10-Jul", "perhaps", "2025-03-01", "12a", "seven", "1/2/3", "1e400"])
def test_what_is_not_clear_is_no_rating(tmp_path: Path, text: str) -> None:
    assert read_notation(text) is None
    with pytest.raises(
        DataError, match=r"must hold a whole number from 0 to 10.*got 1 bad rows \(first rows 3\)"
    ) as e:
        read(tmp_path, [9, 10, text, *RATINGS[3:]])
    assert text not in str(e.value)


@given(st.floats(0.01, 0.06), st.integers(30, 120), st.integers(0, 10**6))
def test_few_and_very_unhappy_answers_are_not_doubted(promoters: float, n: int, seed: int) -> None:
    """Nine in ten give 0 to 6, most of them 0 to 3."""
    shares = np.array([0.3, 0.14, 0.12, 0.11, 0.08, 0.1, 0.06, 0.02, 0.02, promoters / 2, promoters / 2])
    drawn = np.random.default_rng(seed).choice(11, n, p=shares / shares.sum())
    doubt = doubt_of({float(v): int(k) for v, k in zip(*np.unique(drawn, return_counts=True), strict=True)})
    assert doubt is None or not doubt.is_error


def test_no_zero_is_a_hint_as_the_classes_are_the_same() -> None:
    happy = {5: 20, 7: 80, 8: 200, 9: 250, 10: 300}
    hint = doubt_of(happy)
    assert hint is not None
    assert (hint.scale, hint.is_error) == ("1-10", False)
    sure = doubt_of(happy | {1: 60})
    assert sure is not None
    assert (sure.scale, sure.is_error) == ("1-10", False)
    assert "60 are 1" in sure.why
    assert doubt_of(happy | {0: 1}) is None
    assert doubt_of({0: 50, 7: 30, 9: 80}) is None  # one of each class


@pytest.mark.parametrize(
    "scale",
    [
        {},
        {"from": "5-1"},
        {"from": "stars"},
        {"from": "1-5"},
        {"from": "1-5", "to": {1: "detractor", 5: "promoter"}},
        {"to": {1: "fan"}},
        {"to": {1: 11}},
        {"to": {1: "detractor", 2: 9}},
        {"to": {1: True}},
    ],
)
def test_a_scale_that_says_too_little_is_refused(scale: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ScaleConfig.model_validate(scale)


def test_ratings_in_python_have_the_same_protection() -> None:
    features, stars = PEOPLE[["usage"]], (1 + RATINGS * 4 // 10).astype(float)
    with pytest.raises(DataError, match=r"look.* like 1-5.*rating_scale='0-10'"):
        silentnps.estimate_nps(features, stars)
    with pytest.raises(DataError, match="at least two classes"):  # the next check, for all are detractors
        silentnps.estimate_nps(features, stars, rating_scale="0-10")
    with pytest.raises(DataError, match="rating_scale must be one of"):
        silentnps.estimate_nps(features, stars, rating_scale="1-5")


def test_features_of_classes_are_the_same_in_the_frame(tmp_path: Path) -> None:
    got = read(tmp_path, ["Promoter" if v > 8 else "Detractor" for v in RATINGS])
    from silentnps.config import WavesConfig
    from silentnps.features.population.population import build_population

    frame = build_features(got.tables, build_population(got.tables, WavesConfig()))
    assert "responses_previous_rating" not in frame
    assert "responses_previous_count" in frame


@pytest.mark.parametrize(("lowest", "highest"), [(-5, 5), (-2, 2), (-3, 3), (-10, 10)])
def test_a_scale_around_zero_is_refused_by_its_name(tmp_path: Path, lowest: int, highest: int) -> None:
    values = np.resize(np.arange(lowest, highest + 1), len(answers_of(PEOPLE))).tolist()
    with pytest.raises(DataError, match=f"ratings that look like {lowest} to {highest}: .* below 0") as raised:
        read(tmp_path, values)
    assert f"tables.responses.scale: {{to: {{{lowest}: detractor, ..., {highest}: promoter}}}}" in str(raised.value)


def test_minus_one_beside_ratings_is_a_mark_of_missing_ones_and_no_scale() -> None:
    assert doubt_of({-1: 50, **dict.fromkeys(range(11), 20)}) is None
