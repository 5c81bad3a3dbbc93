"""The additive design: splines against another formula, categories, missing values, files."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from silentnps.numerics.additive_design import (
    LINEAR,
    AdditiveEncoder,
    CategoryTerm,
    NumericTerm,
    fit_encoder,
    restricted_cubic,
)
from silentnps.numerics.arrays import Floats

KNOTS = (-1.6, -0.4, 0.3, 1.7)


def frame_of(n: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "tenure": rng.gamma(2.0, 200.0, n),
            "late": np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n)),
            "channel": rng.choice(["web", "store", "app"], n, p=[0.5, 0.3, 0.2]),
            "constant": 4.0,
        }
    )


def natural_spline(z: Floats) -> Floats:
    """Return Hastie, Tibshirani and Friedman's natural cubic spline basis (ESL, equations 5.4 and 5.5)."""

    def d(k: int) -> Floats:
        outer = np.maximum(z - KNOTS[-1], 0) ** 3
        return np.asarray((np.maximum(z - KNOTS[k], 0) ** 3 - outer) / (KNOTS[-1] - KNOTS[k]))

    return np.column_stack([np.ones_like(z), z, d(0) - d(2), d(1) - d(2)])


def test_a_spline_by_hand():
    # Knots 0, 1, 2 and squared distance 4: at 1.5 (3.375 - 2 * 0.125) / 4; at 3 (27 - 2 * 8 + 1) / 4.
    got = restricted_cubic(np.array([-1.0, 1.5, 3.0]), (0.0, 1.0, 2.0))
    assert got[:, 0] == pytest.approx([0.0, 0.78125, 3.0])


def test_the_spline_spans_the_natural_cubic_splines():
    z = np.linspace(-3, 3, 200)
    ours = np.column_stack([np.ones_like(z), z, restricted_cubic(z, KNOTS)])
    theirs = natural_spline(z)
    for one, other in ((ours, theirs), (theirs, ours)):
        fitted = one @ np.linalg.lstsq(one, other, rcond=None)[0]
        assert fitted == pytest.approx(other, abs=1e-8)


def test_the_spline_is_linear_beyond_its_outer_knots():
    for z in (np.linspace(-9, KNOTS[0], 40), np.linspace(KNOTS[-1], 9, 40)):
        assert np.diff(restricted_cubic(z, KNOTS), n=2, axis=0) == pytest.approx(np.zeros((38, 2)), abs=1e-9)
    inner = restricted_cubic(np.linspace(KNOTS[0], KNOTS[-1], 40), KNOTS)
    assert np.abs(np.diff(inner, n=2, axis=0)).max() > 1e-3


def test_two_knots_are_a_straight_line():
    assert restricted_cubic(np.arange(5.0), (0.0, 1.0)).shape == (5, 0)


def test_a_numeric_column_is_standardised():
    frame = frame_of()[["tenure"]]
    design = fit_encoder(frame).transform(frame)
    assert design.shape == (600, 3)
    assert design[:, 0].mean() == pytest.approx(0.0, abs=1e-9)
    assert design[:, 0].std() == pytest.approx(1.0, abs=1e-9)


def test_values_beyond_those_seen_count_as_the_outermost():
    frame = frame_of()[["tenure"]]
    encoder = fit_encoder(frame)
    extreme = encoder.transform(pd.DataFrame({"tenure": [1e9, np.inf, frame["tenure"].max()]}))
    assert np.isfinite(extreme).all()
    assert (extreme[0] == extreme[2]).all()
    assert (extreme[1] == extreme[2]).all()


def test_a_constant_column_gets_no_term():
    encoder = fit_encoder(frame_of())
    assert set(encoder.columns) == {"tenure", "late", "channel"}
    text = pd.DataFrame({"same": ["a"] * 200, "nothing": pd.Series([None] * 200, dtype=object)})
    assert fit_encoder(text).columns == ()
    assert fit_encoder(text).transform(text).shape == (200, 0)


def test_a_column_of_nothing_but_nan_gets_no_term():
    frame = frame_of().assign(late=np.nan)
    encoder = fit_encoder(frame)
    assert "late" not in encoder.columns
    assert np.isfinite(encoder.transform(frame)).all()


def test_a_constant_with_missing_values_keeps_their_indicator():
    frame = pd.DataFrame({"x": [3.0] * 60 + [np.nan] * 40})
    design = fit_encoder(frame).transform(frame)
    assert design[:, -1].tolist() == [0.0] * 60 + [1.0] * 40
    assert np.abs(design[:, :-1]).max() == 0.0


def test_missing_numbers_are_the_mean_with_an_indicator():
    frame = frame_of()[["late"]]
    encoder = fit_encoder(frame)
    design, absent = encoder.transform(frame), frame["late"].isna().to_numpy()
    assert (design[:, -1] == absent).all()
    assert np.ptp(design[absent], axis=0).max() == 0.0
    assert design[absent, 0] == pytest.approx(0.0)


def test_a_column_first_missing_after_the_fit_is_the_mean():
    encoder = fit_encoder(frame_of()[["tenure"]])
    assert encoder.transform(pd.DataFrame({"tenure": [np.nan]}))[0, 0] == 0.0


def test_the_most_frequent_level_is_left_out():
    frame = frame_of()[["channel"]]
    encoder = fit_encoder(frame)
    assert encoder.terms == (CategoryTerm("channel", ("store", "app")),)
    design = encoder.transform(pd.DataFrame({"channel": ["web", "store", "app"]}))
    assert design.tolist() == [[0, 0], [1, 0], [0, 1]]


def test_rare_and_unseen_levels_are_pooled():
    frame = pd.DataFrame({"city": ["a"] * 100 + ["b"] * 60 + [f"small {i}" for i in range(70)]})
    encoder = fit_encoder(frame)
    design = encoder.transform(pd.DataFrame({"city": ["a", "b", "small 3", "never seen"]}))
    assert design.tolist() == [[1, 0], [0, 1], [0, 0], [0, 0]]


@pytest.mark.parametrize(("least", "width"), [(10, 4), (20, 2), (200, 0)])
def test_the_least_size_of_a_level_matters(least: int, width: int):
    frame = pd.DataFrame({"city": np.repeat(list("abcde"), [100, 60, 15, 12, 11])})
    assert len(fit_encoder(frame, min_level_n=least).columns) == width


def test_missing_texts_are_a_level():
    frame = pd.DataFrame({"city": ["a"] * 100 + [None] * 60})
    assert fit_encoder(frame).terms == (CategoryTerm("city", ("(missing)",)),)


def test_truth_values_are_categories():
    frame = pd.DataFrame({"vip": np.arange(300) % 3 == 0})
    assert fit_encoder(frame).transform(frame)[:4, 0].tolist() == [1, 0, 0, 1]


def test_a_column_of_two_values_is_one_column_of_the_design():
    frame = pd.DataFrame({"member": np.arange(300) % 3 / 1.0 > 0}).astype(np.float64)
    assert len(fit_encoder(frame).columns) == 1


def test_counts_that_are_mostly_zero_still_get_a_spline():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"returns": np.where(rng.random(1000) < 0.96, 0, rng.integers(1, 9, 1000))})
    term = fit_encoder(frame).terms[0]
    assert isinstance(term, NumericTerm)
    assert len(term.knots) >= 3


def test_files_keep_every_number():
    frame = frame_of()
    encoder = fit_encoder(frame)
    again = AdditiveEncoder.from_dict(json.loads(json.dumps(encoder.to_dict())))
    assert again == encoder
    assert (again.transform(frame) == encoder.transform(frame)).all()
    assert encoder.transform(frame).shape == (600, len(encoder.columns))


def test_a_row_alone_is_coded_as_in_the_batch():
    frame = frame_of()
    encoder = fit_encoder(frame)
    batch = encoder.transform(frame)
    for row in (0, 17, 599):
        assert (encoder.transform(frame.iloc[[row]])[0] == batch[row]).all()


def test_the_order_of_rows_does_not_matter():
    frame = frame_of()
    assert fit_encoder(frame.sample(frac=1, random_state=1)).columns == fit_encoder(frame).columns
    again = fit_encoder(frame.sample(frac=1, random_state=1)).transform(frame)
    assert again == pytest.approx(fit_encoder(frame).transform(frame), abs=1e-12)


def bends_of(frame: pd.DataFrame) -> tuple[NumericTerm, Floats]:
    term = fit_encoder(frame).terms[0]
    assert isinstance(term, NumericTerm)
    return term, term.transform(frame.iloc[:, 0])


def test_bends_are_standardised_and_uncorrelated_with_the_line_and_each_other():
    frame = frame_of()[["tenure"]]
    term, design = bends_of(frame)
    assert term.n_bends == 2
    assert design.mean(axis=0) == pytest.approx(np.zeros(3), abs=1e-9)
    assert design.T @ design / 600 == pytest.approx(np.eye(3), abs=1e-9)


def test_bends_of_a_column_with_gaps_are_standardised_over_the_known_values():
    frame = frame_of()[["late"]]
    _, design = bends_of(frame)
    known = design[frame["late"].notna().to_numpy(), :3]
    assert known.T @ known / len(known) == pytest.approx(np.eye(3), abs=1e-9)


def test_bends_span_the_restricted_cubic_spline():
    term, design = bends_of(frame_of()[["tenure"]])
    ours = np.column_stack([np.ones(600), design])
    theirs = np.column_stack([np.ones(600), design[:, 0], restricted_cubic(design[:, 0], term.knots)])
    for one, other in ((ours, theirs), (theirs, ours)):
        fitted = one @ np.linalg.lstsq(one, other, rcond=None)[0]
        assert fitted == pytest.approx(other, abs=1e-8)


@pytest.mark.parametrize(("values", "n_bends"), [([0.0, 1.0], 0), ([0.0, 1.0, 5.0], 1), ([0.0, 1.0, 2.0, 9.0], 2)])
def test_a_few_distinct_values_leave_as_many_bends_as_they_can_show(values: list[float], n_bends: int):
    frame = pd.DataFrame({"visits": np.resize(values, 600)})
    term, design = bends_of(frame)
    assert term.n_bends == n_bends
    assert np.linalg.matrix_rank(np.column_stack([np.ones(600), design])) == 2 + n_bends
    assert design.T @ design / 600 == pytest.approx(np.eye(1 + n_bends), abs=1e-6)


def test_the_bends_of_a_number_and_the_levels_of_a_category_share_a_penalty_and_lines_have_one():
    n = 700
    rng = np.random.default_rng(3)
    frame = frame_of(n).drop(columns="constant").assign(city=rng.choice(list("abcdefg"), n))
    encoder = fit_encoder(frame)
    by_column = {(column, group) for column, group in zip(encoder.columns, encoder.groups, strict=True)}
    assert by_column == {
        ("tenure", LINEAR),
        ("tenure", "bends of tenure"),
        ("late", LINEAR),
        ("late", "bends of late"),
        ("channel", "levels of channel"),
        ("city", "levels of city"),
    }
    assert encoder.groups.count("bends of tenure") == 2
    assert encoder.groups.count(LINEAR) == 3  # the two lines, and the indicator of missing values
