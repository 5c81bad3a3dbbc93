"""What `silentnps compare` prints: levels, differences, sentences, drivers, classes, notes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from projects import run

from silentnps.cli.decisions.compare import show_comparison
from silentnps.cli.screen import OUT
from silentnps.workflow.decisions.compare import Compared


def level(segment: str, nps: float, **changes: Any) -> dict[str, Any]:
    row = {"segmentation": "region", "segment": segment, "n": 1200, "answer_rate": 0.13, "suppressed": False}
    return row | {"survey_nps": 30.0, "value": nps, "low": nps - 8, "high": nps + 8} | changes


def difference(segment: str, size: float) -> dict[str, Any]:
    row = {"segmentation": "region", "segment": segment, "other": "(the others)", "difference": size}
    ends = {"low": size - 5, "high": size + 5, "joint_low": size - 7, "joint_high": size + 7}
    return row | ends | {"p_adjusted": 0.012, "differs": True, "detectable": 9.0, "confidence_level": 0.95}


def driver(words: str, points: float, low: float | None = None) -> dict[str, Any]:
    row = {"segmentation": "region", "segment": "north", "other": "(the others)", "difference": 12.0}
    return row | {"words": words, "points": points, "low": low, "high": None if low is None else points + 1}


def persona(words: str, size: float, rank: float | None) -> dict[str, Any]:
    ends = {"difference": size, "joint_low": size - 0.1, "joint_high": size + 0.1}
    return {"nps_class": "detractor", "words": words, "rank": rank} | ends


def compared(**changes: Any) -> Compared:
    share = {"share": 0.326, "low": 0.29, "high": 0.36}
    parts = {
        "wave": "2025-Q4",
        "confidence_level": 0.95,
        "levels": pd.DataFrame([level("north", 12.0), level("isles", 0.0, suppressed=True, value=None)]),
        "differences": pd.DataFrame([difference("north", 12.0)]),
        "drivers": pd.DataFrame([driver("late deliveries", 8.0, 7.0), driver("not explained by features", 4.0)]),
        "personas": pd.DataFrame([persona("returns, 0.4 against 0.2", 0.4, 1), persona("hidden", 0.1, None)]),
        "classes": pd.DataFrame([{"nps_class": "detractor", "n_respondents": 596, **share}]),
        "sentences": ("region: north is 12 points above the others (5 to 19).",),
        "notes": ("These are associations.",),
    }
    return Compared(**(parts | changes))


def printed(what: Compared, **options: Any) -> str:
    with OUT.console.capture() as found:
        show_comparison(what, **options)
    return " ".join(found.get().replace("│", " ").split())


def test_every_part_is_printed_in_its_order() -> None:
    text = printed(compared())
    parts = (
        "north 1,200 13 % +30.0 +12.0 +4.0 +20.0",
        "isles (too few) 1,200",
        "north less (the others) +12.0 +7.0 to +17.0 +5.0 to +19.0 0.012",
        "region: north is 12 points above the others (5 to 19).",
        "Why: region north less (the others), +12.0 points",
        "late deliveries +8.0 +7.0 +9.0",
        "not explained by features +4.0",
        "detractor 596 32.6 % 29.0 % 36.0 %",
        "more returns, 0.4 against 0.2 +0.40 +0.30 +0.50",
        "These are associations.",
    )
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert "hidden" not in text


def test_the_number_of_rows_is_an_option() -> None:
    rows = [persona(f"what {rank}", 0.9 - rank / 10, rank) for rank in range(1, 8)]
    many = compared(personas=pd.DataFrame(rows))
    assert "what 5" in printed(many)
    assert "what 6" not in printed(many)
    assert "what 6" in printed(many, top=6)


def test_long_tables_say_how_much_more_there_is() -> None:
    levels = pd.DataFrame([level(f"s{i}", 1.0) for i in range(33)])
    differences = pd.DataFrame([difference(f"s{i}", 30.0 - i) for i in range(23)])
    text = printed(compared(levels=levels, differences=differences))
    assert "3 more in levels.csv" in text
    assert "3 more in differences.csv" in text


def test_a_class_of_which_nothing_is_told_says_so() -> None:
    text = printed(compared(personas=pd.DataFrame([persona("hidden", 0.1, None)])))
    assert "detractors: nothing can be told from chance." in text


def test_a_column_is_required_and_a_level_has_bounds(tmp_path: Path) -> None:
    assert run("compare", "-c", tmp_path / "none.yaml")[0] == 2
    assert run("compare", "-c", tmp_path / "none.yaml", "--by", "region", "--level", "2")[0] == 2
    assert run("compare", "-c", tmp_path / "none.yaml", "--by", "region")[0] == 1
