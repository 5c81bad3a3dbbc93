"""The ordinal classifier: probabilities in order, crossing heads, determinism, what it refuses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.isotonic import IsotonicRegression
from sklearn.utils.estimator_checks import check_estimator
from surveys import survey

from silentnps.errors import ModelError
from silentnps.numerics.arrays import Floats
from silentnps.outcome.early_stopping import Stopping
from silentnps.outcome.ordinal import OrdinalClassifier
from silentnps.outcome.tree_heads import bin_rows, fit_binned_heads, fit_heads, head_margins, probabilities_of_heads
from silentnps.outcome.tree_matrix import CodeBook

SMALL = OrdinalClassifier(n_estimators=15)


@pytest.fixture(scope="module")
def known() -> tuple[pd.DataFrame, np.ndarray]:
    data = survey(900)
    return data.features[data.answered], data.classes[data.answered]


def fitted(known: tuple[pd.DataFrame, np.ndarray], **parameters: float) -> OrdinalClassifier:
    return clone(SMALL).set_params(**parameters).fit(*known)


def test_two_crossing_heads_take_their_mean():
    got = probabilities_of_heads(np.array([[0.3, 0.5], [0.8, 0.2]]))
    assert got == pytest.approx(np.array([[0.6, 0.0, 0.4], [0.2, 0.6, 0.2]]), abs=1e-9)


@pytest.mark.slow
@given(arrays(np.float64, (7, 4), elements=st.floats(0.0, 1.0)))
def test_five_classes_take_the_isotonic_regression_of_sklearn(heads: Floats):
    got = probabilities_of_heads(heads)
    for row, probabilities in zip(heads, got, strict=True):
        wanted = IsotonicRegression(increasing=False).fit_transform(np.arange(4), row)
        assert 1 - probabilities.cumsum()[:-1] == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize("n_heads", [1, 2, 4])
def test_ordered_heads_keep_the_expected_class(n_heads: int):
    heads = np.random.default_rng(0).random((200, n_heads))
    got = probabilities_of_heads(heads)
    assert (got >= -1e-12).all()
    assert got.sum(axis=1) == pytest.approx(np.ones(200), abs=1e-12)
    assert got @ np.arange(n_heads + 1) == pytest.approx(heads.sum(axis=1), abs=1e-9)


def test_probabilities_sum_to_one_and_the_class_is_the_likeliest(known):
    model = fitted(known)
    probabilities = model.predict_proba(known[0])
    assert probabilities.shape == (len(known[1]), 3)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(len(known[1])), abs=1e-12)
    assert (model.predict(known[0]) == probabilities.argmax(axis=1)).all()


def test_it_learns_order(known):
    model = fitted(known, n_estimators=60)
    late = pd.DataFrame({"tenure": 4.0, "late": [-2.0, 0.0, 2.0], "channel": "web"})
    assert (np.diff(model.predict_proba(late) @ np.arange(3)) < 0).all()


def test_other_labels_are_kept(known):
    names = np.array(["a bad", "b fair", "c good"])
    model = clone(SMALL).fit(known[0], names[known[1]])
    assert model.classes_.tolist() == names.tolist()
    assert set(model.predict(known[0])) <= set(names)
    assert (model.predict_proba(known[0]) == fitted(known).predict_proba(known[0])).all()


def test_five_classes_have_four_heads(known):
    five = np.random.default_rng(0).integers(0, 5, len(known[1]))
    model = clone(SMALL).fit(known[0], five)
    assert model.margins(known[0]).shape == (len(five), 4)
    assert model.predict_proba(known[0]).sum(axis=1) == pytest.approx(np.ones(len(five)))


def test_the_same_state_gives_the_same_bits_and_threads_do_not_matter(known):
    one, again, threads = (fitted(known, n_estimators=4, n_jobs=n_jobs) for n_jobs in (1, 1, 2))
    assert (one.margins(known[0]) == again.margins(known[0])).all()
    assert (one.margins(known[0]) == threads.margins(known[0])).all()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_estimators", 16),
        ("num_leaves", 4),
        ("learning_rate", 0.2),
        ("min_child_samples", 60),
        ("reg_lambda", 100.0),
        ("colsample_bytree", 1.0),
        ("random_state", 1),
    ],
)
def test_every_size_matters(known, name: str, value: float):
    one, other = fitted(known), fitted(known, **{name: value})
    assert (one.margins(known[0]) != other.margins(known[0])).any()


def test_rows_of_weight_zero_are_left_out(known):
    features, classes = known
    weights = (np.arange(len(classes)) % 3 > 0).astype(np.float64)
    kept = weights > 0
    one = clone(SMALL).fit(features, classes, weights)
    other = clone(SMALL).fit(features[kept], classes[kept])
    assert (one.margins(features) == other.margins(features)).all()


def test_an_unseen_category_is_as_a_missing_one(known):
    model = fitted(known)
    row = known[0].iloc[:1]
    unseen, missing = (row.assign(channel=pd.Series([value], index=row.index)) for value in ("fax", None))
    assert (model.margins(unseen) == model.margins(missing)).all()
    assert np.isfinite(model.margins(unseen)).all()


def test_the_order_and_surplus_of_columns_do_not_matter(known):
    model = fitted(known)
    other = known[0][["channel", "late", "tenure"]].assign(more=1.0)
    assert (model.margins(other) == model.margins(known[0])).all()


def test_a_missing_column_is_told_by_name(known):
    with pytest.raises(ModelError, match=r"1 are missing, first 'late'.*train again\."):
        fitted(known).predict_proba(known[0].drop(columns="late"))


def test_text_in_a_numeric_column_is_told_by_name(known):
    with pytest.raises(ModelError, match=r"'tenure' must be numeric as in training; got .*train again\."):
        fitted(known).predict_proba(known[0].assign(tenure="long"))


def test_an_empty_column_of_objects_counts_as_missing_numbers(known):
    model = fitted(known)
    empty = known[0].assign(late=pd.Series([None] * len(known[0]), index=known[0].index, dtype=object))
    assert (model.margins(empty) == model.margins(known[0].assign(late=np.nan))).all()


def test_an_unfitted_classifier_says_so(known):
    with pytest.raises(NotFittedError):
        OrdinalClassifier().predict_proba(known[0])


def test_a_head_of_one_class_is_its_smoothed_log_odds(known):
    matrix = CodeBook.of(known[0]).matrix(known[0])[:40]
    heads = fit_heads(matrix, np.zeros(40, dtype=np.int64), None, n_heads=1, categorical=[], rounds=5, params={})
    assert head_margins(heads, matrix[:2])[:, 0] == pytest.approx(np.full(2, np.log(0.5 / 40.5)))


def test_one_class_only_is_certain(known):
    model = clone(SMALL).fit(known[0], np.full(len(known[1]), 2))
    assert model.predict_proba(known[0].iloc[:3]).tolist() == [[1.0]] * 3


def test_codes_are_in_alphabetical_order_and_missing_is_nan():
    frame = pd.DataFrame({"x": [1.0, np.nan, 3.0], "c": ["b", None, "a"], "t": [True, False, True]})
    book = CodeBook.of(frame)
    assert book == CodeBook(("x", "c", "t"), {"c": ("a", "b"), "t": ("False", "True")})
    assert book.categorical_positions == [1, 2]
    wanted = [[1, 1, 1], [np.nan, np.nan, 0], [3, 0, 1]]
    np.testing.assert_array_equal(book.matrix(frame), wanted)


def test_heads_of_chosen_binned_rows_are_those_of_these_rows_and_weights_alone():
    # 40 values and up to 63 bins: each value has its own, in the chosen rows as in all
    rng = np.random.default_rng(12)
    matrix = rng.integers(0, 40, size=(1500, 3)).astype(np.float64)
    classes = np.digitize(matrix[:, 0] + rng.normal(scale=10, size=1500), [15.0, 25.0])
    rows, weights = np.arange(0, 1500, 2), rng.integers(1, 4, 750).astype(np.float64)
    params, shape = OrdinalClassifier().lightgbm_params(), {"n_heads": 2, "rounds": 20}
    binned = bin_rows(matrix, categorical=[], params=params)
    some = fit_binned_heads(binned, rows, classes[rows], weights, params=params, **shape)
    alone = fit_heads(matrix[rows], classes[rows], weights, categorical=[], params=params, **shape)
    assert head_margins(some, matrix) == pytest.approx(head_margins(alone, matrix), abs=1e-9)
    even = fit_binned_heads(binned, rows, classes[rows], np.ones(750), params=params, **shape)
    assert np.abs(head_margins(even, matrix) - head_margins(some, matrix)).max() > 0.01


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, {"early_stopping": True}], ids=["default", "early stopping"])
def test_it_is_an_estimator_of_scikit_learn(options: dict[str, bool]):
    results = check_estimator(OrdinalClassifier(n_estimators=40, **options), on_skip=None, on_fail=None)
    assert [one["check_name"] for one in results if one["status"] == "failed"] == []
    assert len(results) > 50


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_constraint_by_name_holds_everywhere(known, sign: int):
    model = fitted(known, n_estimators=60, monotonic_cst={"late": sign})
    line = pd.DataFrame({"tenure": 4.0, "late": np.linspace(-3, 3, 200), "channel": "web"})
    assert (sign * np.diff(model.margins(line), axis=0) >= 0).all()
    free = fitted(known, n_estimators=60).margins(line)
    assert not (np.diff(free, axis=0) <= 0).all()
    in_order = fitted(known, n_estimators=60, monotonic_cst=[0, sign, 0])
    assert (in_order.margins(line) == model.margins(line)).all()


@pytest.mark.parametrize(
    ("constraints", "words"),
    [
        ({"lat": 1}, "numeric features; got 'lat', absent"),
        ({"channel": 1}, "got 'channel', categorical"),
        ({"late": 2}, "of 'late' must be -1, 0 or 1; got 2"),
    ],
)
def test_an_impossible_constraint_is_told_by_name(known, constraints: dict[str, int], words: str):
    with pytest.raises(ModelError, match=words):
        fitted(known, monotonic_cst=constraints)


def test_early_stopping_ends_where_more_trees_no_longer_pay(known):
    features, classes = known
    model = fitted(known, n_estimators=400, learning_rate=0.3, early_stopping=True)
    assert max(model.n_iter_) < 100
    assert fitted(known, n_estimators=400, learning_rate=0.3).n_iter_ == [400, 400]
    rng = np.random.default_rng(8)
    noise = fitted((features, rng.permutation(classes)), n_estimators=400, learning_rate=0.3, early_stopping=True)
    assert max(noise.n_iter_) <= max(model.n_iter_)


@pytest.mark.parametrize(("name", "value"), [("validation_fraction", 0.4), ("n_iter_no_change", 1)])
def test_every_option_of_early_stopping_matters(known, name: str, value: float):
    options = {"n_estimators": 300, "learning_rate": 0.02, "early_stopping": True}
    assert fitted(known, **options).n_iter_ != fitted(known, **options, **{name: value}).n_iter_


def test_the_held_out_part_has_its_share_of_each_class():
    classes = np.repeat([0, 1, 2], [100, 40, 60])
    held_out = Stopping(0.1, 5, 0).held_out(classes)
    assert np.bincount(classes[held_out]).tolist() == [10, 4, 6]


def test_whole_weights_are_copies_and_others_are_weights(known):
    features, classes = known
    counts = np.random.default_rng(9).integers(0, 4, len(classes))
    copies = np.repeat(np.arange(len(classes)), counts)
    weighted = clone(SMALL).fit(features, classes, counts)
    copied = clone(SMALL).fit(features.iloc[copies], classes[copies])
    assert weighted.margins(features) == pytest.approx(copied.margins(features), abs=1e-9)
    fractions = clone(SMALL).fit(features, classes, counts / 2)
    assert (fractions.margins(features) != weighted.margins(features)).any()


def test_infinity_is_refused_by_name(known):
    with pytest.raises(ValueError, match="'tenure' must be finite or missing"):
        fitted((known[0].assign(tenure=np.inf), known[1]))


def test_an_array_and_its_frame_are_one():
    rng = np.random.default_rng(10)
    array, classes = rng.normal(size=(300, 3)), rng.integers(0, 3, 300)
    frame = pd.DataFrame(array, columns=["x0", "x1", "x2"])
    one, other = clone(SMALL).fit(array, classes), clone(SMALL).fit(frame, classes)
    assert (one.margins(array) == other.margins(frame)).all()
