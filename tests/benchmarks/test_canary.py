"""Marked personal values come out nowhere but where they belong, whatever command is run."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from projects import ROOT

import canary
from marked_base import MARK, kind_of, tables


@pytest.mark.slow
def test_marks_are_only_where_the_page_on_privacy_says(tmp_path: Path) -> None:
    rows, table = canary.measure(tmp_path, small=True)
    figures = {metric: value for _, metric, value, _ in rows}
    assert figures["commands that failed"] == 0
    assert table[~table["allowed"]].empty, table[~table["allowed"]].to_string()
    assert figures["places where marks belong"] > 5


def test_every_personal_column_of_the_base_is_marked() -> None:
    found = tables(60, 0)
    plain = {"signed_up_at", "opted_out", "region", "age", "spend"}
    for name in found["customers"].columns.difference(list(plain)):
        assert any(MARK.search(str(value).lower()) for value in found["customers"][name]), name


def test_marks_are_found_in_files_of_every_kind(tmp_path: Path) -> None:
    frame = pd.DataFrame({"text": ["of cnryid00001"], "number": [4_915_177_000_000.0]})
    frame.to_parquet(tmp_path / "a.parquet")
    coded = pd.Categorical(["x"], categories=["x", "cnrycode00001"])  # a level that no row has
    pd.DataFrame({"coded": coded}).to_parquet(tmp_path / "d.parquet")
    np.save(tmp_path / "b.npy", np.array([8_812_340_000_1.0]))
    (tmp_path / "c.html").write_text("<b>CNRYNAME00001</b>", encoding="utf-8")
    found: Counter[tuple[str, str]] = Counter()
    assert canary.search_folder(found, tmp_path) == 4
    assert {kind for _, kind in found} == {"id", "phone", "account", "name", "code"}


def test_a_kind_is_told_from_every_mark() -> None:
    marks = {"cnrymail00001": "mail", "03.04.1877": "born", "4915177000001": "phone"}
    assert {mark: kind_of(found) for mark in marks if (found := MARK.search(mark))} == marks


def test_a_number_is_a_mark_only_if_it_is_whole() -> None:
    marks = ("88123400001", "88123400001.0", "+4915177000001", "a.88123400001.png", "account88123400001,3.5")
    assert all(MARK.search(text) for text in marks)
    digits_of_coefficients = ("-0.3864988123432646", "0.88123400001", "0.14915177000001", "12.4915177000001e-3")
    assert not any(MARK.search(text) for text in digits_of_coefficients)


def test_the_page_on_privacy_names_every_place_of_ids() -> None:
    page = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
    for place in ("features.parquet", "features_as_of.parquet", "out_of_fold/", "scores/", "events/", "calls.csv"):
        row = next(line for line in page.splitlines() if line.startswith("|") and place in line)
        assert re.search(r"\| `customer_id` \|", row), place
