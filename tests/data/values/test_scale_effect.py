"""What a mapping of a scale does to the NPS, by hand."""

from __future__ import annotations

from silentnps.data.values.scale_effect import effect_of

STARS = {"1": 3, "2": 3, "3": 3, "4": 7, "5": 9}


def test_shares_nps_and_borders_are_those_worked_by_hand() -> None:
    said = effect_of({"1": 5, "2": 5, "3": 10, "4": 50, "5": 30}, STARS)
    assert "before: 1: 5 %, 2: 5 %, 3: 10 %, 4: 50 %, 5: 30 %" in said
    assert "after: detractor 20 %, passive 50 %, promoter 30 %, NPS +10.0" in said
    assert "with 4 as promoter it would be +60.0, with 4 as detractor -40.0" in said


def test_of_several_passive_values_those_at_the_borders_move() -> None:
    said = effect_of({"5": 40, "6": 30, "7": 20, "8": 10}, {"5": 3, "6": 7, "7": 7, "8": 9})
    assert "NPS -30.0" in said
    assert "with 7 as promoter it would be -10.0, with 6 as detractor -60.0" in said


def test_values_of_two_classes_alone_have_no_border_to_move() -> None:
    assert effect_of({"no": 1, "yes": 3}, {"no": 3, "yes": 9}).endswith("NPS +50.0. No value is passive.")
