"""What knows who answered or copies the rating is found in any form; what makes customers answer is not accused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import binomtest, spearmanr

from silentnps.errors import DataError
from silentnps.leakage.answering import answering_separation
from silentnps.leakage.leaks import measure_leaks, refuse_leaks
from silentnps.leakage.rating_copies import rating_agreement
from silentnps.numerics.nps import class_of_rating
from silentnps.outcome.survey_data import SurveyData, tidy_features

Rng = np.random.Generator
N = 2500


def base(rng: Rng, n: int = N, intercept: float = -1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a cause of satisfaction, the ratings of all, and who answered."""
    x = rng.normal(size=n)
    ratings = np.clip(np.round(7.9 + 1.6 * x + 1.2 * rng.normal(size=n)), 0, 10)
    return x, ratings, rng.random(n) < expit(intercept + 0.5 * x)


def told(column: object, ratings: np.ndarray, answered: np.ndarray, **changes: object) -> str:
    """Return what the audit says of one feature."""
    data = data_of(tidy_features(pd.DataFrame({"it": column})), ratings, answered, **changes)
    return str(measure_leaks(data, known(ratings, answered), random_state=0)["reveals"].iloc[0])


def known(ratings: np.ndarray, answered: np.ndarray) -> np.ndarray:
    return np.where(answered, ratings, np.nan)


def data_of(features: pd.DataFrame, ratings: np.ndarray, answered: np.ndarray, **changes: object) -> SurveyData:
    everybody = np.ones(len(features), dtype=np.bool_)
    classes = np.where(answered, class_of_rating(ratings), -1)
    options = {"target": everybody, "invited": everybody, "persons": np.arange(len(features))} | changes
    return SurveyData(features, classes, response_drivers=tuple(features), shadow_features=(), **options)


def as_flag(rng: Rng, held: np.ndarray, ratings: np.ndarray) -> object:
    return held


def as_number(rng: Rng, held: np.ndarray, ratings: np.ndarray) -> object:
    return np.where(held, rng.normal(size=len(held)), np.nan)


def as_count_with_default(rng: Rng, held: np.ndarray, ratings: np.ndarray) -> object:
    return np.where(held, rng.integers(1, 11, len(held)), 0)


def as_mean_where_unknown(rng: Rng, held: np.ndarray, ratings: np.ndarray) -> object:
    return np.where(held, rng.gamma(2.0, 30.0, len(held)), 60.0)


def as_word(rng: Rng, held: np.ndarray, ratings: np.ndarray) -> object:
    return np.where(held, rng.choice(["price", "service", "range"], len(held)), None)


def as_word_with_default(rng: Rng, held: np.ndarray, ratings: np.ndarray) -> object:
    return np.where(held, np.where(ratings > 8, "thank you", "call back"), "none")


def as_missing(rng: Rng, held: np.ndarray, ratings: np.ndarray) -> object:
    return np.where(held, np.nan, rng.normal(size=len(held)))


def as_one_level(rng: Rng, held: np.ndarray, ratings: np.ndarray) -> object:
    return np.where(held, "questionnaire", rng.choice(["shop", "web", "phone", "chat"], len(held)))


def as_near_end(rng: Rng, held: np.ndarray, ratings: np.ndarray) -> object:
    return np.where(held, rng.uniform(0, 2, len(held)), rng.uniform(2, 365, len(held)))


FORMS: dict[str, Callable[[Rng, np.ndarray, np.ndarray], object]] = {
    "flag": as_flag,
    "number": as_number,
    "count, 0 by default": as_count_with_default,
    "number, mean by default": as_mean_where_unknown,
    "word": as_word,
    "word, none by default": as_word_with_default,
    "missing where answered": as_missing,
    "one level of many": as_one_level,
}


def holders(rng: Rng, answered: np.ndarray, *, filled: float, spilled: float) -> np.ndarray:
    """Return who holds what follows an answer: a share of those who answered, and by chance of the silent."""
    return np.asarray(rng.random(len(answered)) < np.where(answered, filled, spilled))


@pytest.mark.parametrize("form", FORMS)
@given(
    seed=st.integers(0, 10_000),
    filled=st.floats(0.1, 1.0),
    spilled=st.floats(0.0, 0.02),
    intercept=st.floats(-2.5, 0.5),
)
@settings(max_examples=8)
def test_what_follows_an_answer_is_found_in_every_form(
    form: str, seed: int, filled: float, spilled: float, intercept: float
):
    rng = np.random.default_rng(seed)
    _, ratings, answered = base(rng, intercept=intercept)
    spilled *= filled**2  # the fewer of those who answered hold it, the fewer of the silent may
    held = holders(rng, answered, filled=filled, spilled=spilled)
    n_answered, n_silent = int((held & answered).sum()), int((held & ~answered).sum())
    assume(n_answered > 0)
    shares = binomtest(n_answered, n_answered + n_silent).proportion_ci(0.95)
    assume(shares.low > 0.81)  # fewer than these prove nothing to anybody: 14 of 14 may be 77 %
    words = told(FORMS[form](rng, held, ratings), ratings, answered)
    assert "who answered and" in words or "alone tells who answered" in words


def test_a_range_that_only_those_who_answered_have_is_found():
    rng = np.random.default_rng(0)
    _, ratings, answered = base(rng)
    column = as_near_end(rng, holders(rng, answered, filled=0.5, spilled=0.0), ratings)
    assert "of certain values" in told(column, ratings, answered)


def opted_in(rng: Rng, x: np.ndarray) -> tuple[object, np.ndarray]:
    flag = rng.random(len(x)) < 0.5
    return flag, np.where(flag, -0.4, -30.0)


def key_accounts(rng: Rng, x: np.ndarray) -> tuple[object, np.ndarray]:
    flag = rng.random(len(x)) < 0.04
    return np.where(flag, "key", rng.choice(["small", "medium"], len(x))), np.where(flag, 0.8, -2.0)


def answered_before(rng: Rng, x: np.ndarray) -> tuple[object, np.ndarray]:
    flag = rng.random(len(x)) < 0.15
    return np.where(flag, rng.integers(0, 11, len(x)), np.nan), np.where(flag, 0.0, -2.2)


def clicks(rng: Rng, x: np.ndarray) -> tuple[object, np.ndarray]:
    flag = rng.random(len(x)) < 0.25
    return np.where(flag, rng.poisson(3, len(x)) + 1, 0), np.where(flag, 0.4, -2.4)


def tenure(rng: Rng, x: np.ndarray) -> tuple[object, np.ndarray]:
    return 365 * np.exp(x), -1.5 + 1.5 * x


def members_only(rng: Rng, x: np.ndarray) -> tuple[object, np.ndarray]:
    flag = rng.random(len(x)) < 0.4
    return np.where(flag, 100 * np.exp(x), np.nan), np.where(flag, -0.5, -3.0)


def a_city_each(rng: Rng, x: np.ndarray) -> tuple[object, np.ndarray]:
    return rng.integers(0, 800, len(x)).astype(str), np.full(len(x), -1.5)


def one_each(rng: Rng, x: np.ndarray) -> tuple[object, np.ndarray]:
    return [f"w{i}" for i in range(len(x))], np.full(len(x), -1.0)


def complaints(rng: Rng, x: np.ndarray) -> tuple[object, np.ndarray]:
    return np.where(rng.random(len(x)) < 0.08, rng.gamma(2.0, 24.0, len(x)), np.nan), -1.0 + 0.5 * x


HONEST = (
    *(opted_in, key_accounts, answered_before, clicks, tenure, members_only, a_city_each, one_each, complaints),
)


@pytest.mark.parametrize("honest", HONEST, ids=lambda one: one.__name__)
def test_what_makes_customers_answer_is_not_accused(honest: Callable[..., tuple[object, np.ndarray]]):
    for n, seeds in ((300, 6), (2500, 4), (12_000, 2)):
        for seed in range(seeds):
            rng = np.random.default_rng([seed, n])
            x, ratings, _ = base(rng, n)
            column, wish = honest(rng, x)
            assert told(column, ratings, rng.random(n) < expit(wish)) == ""


@pytest.mark.slow
def test_chance_accuses_nothing_among_few_answers():
    # 15 surveys of 30 answers among 150 customers, 20 features of noise each: none of 300.
    rng, accused = np.random.default_rng(5), 0
    for _ in range(15):
        answered = np.arange(150) < 30
        features = {f"x{i}": rng.normal(size=150).round(1) for i in range(10)}
        features |= {f"c{i}": rng.choice(list("abcdefgh"), 150) for i in range(10)}
        data = data_of(tidy_features(pd.DataFrame(features)), rng.integers(0, 11, 150), answered)
        ratings = np.where(answered, rng.integers(0, 11, 150), np.nan)
        accused += int((measure_leaks(data, ratings, random_state=0)["reveals"] != "").sum())
    assert accused == 0


COPIES: dict[str, Callable[[np.ndarray, Rng], object]] = {
    "exact": lambda r, rng: r,
    "of 100": lambda r, rng: 10 * r + 3,
    "1 to 11": lambda r, rng: r + 1,
    "reversed": lambda r, rng: 10 - r,
    "stars": lambda r, rng: np.ceil((r + 1) / 2),
    "class": lambda r, rng: np.array(["low", "mid", "high"])[class_of_rating(r)],
    "class by number": lambda r, rng: np.array([2, 3, 1])[class_of_rating(r)],
    "words": lambda r, rng: np.array(["no", "maybe", "call back", "thank you"])[np.digitize(r, [4, 7, 9])],
    "one off": lambda r, rng: r + rng.integers(-1, 2, len(r)),
    "half known": lambda r, rng: np.where(rng.random(len(r)) < 0.5, r, np.nan),
    "as codes of the form": lambda r, rng: np.array([17, 3, 9, 1, 22, 5, 30, 2, 14, 8, 11])[r.astype(int)],
    "as text": lambda r, rng: r.astype(str),
}


@pytest.mark.parametrize("copy", COPIES)
@pytest.mark.parametrize("n", [300, 3000])
def test_copies_of_the_rating_are_found_even_where_the_silent_have_one(copy: str, n: int):
    rng = np.random.default_rng(n)
    _, ratings, answered = base(rng, n)
    if copy == "one off" and n == 300:
        pytest.skip("about 90 answers do not tell a noisy copy from a good predictor")
    words = told(COPIES[copy](ratings, rng), ratings, answered)
    assert "alone tells a " in words or "as the rating" in words


def test_another_question_of_another_day_is_no_copy():
    rng = np.random.default_rng(2)
    _, ratings, answered = base(rng)
    assert told(np.clip(ratings + rng.integers(-4, 5, N), 0, 10), ratings, answered) == ""


def test_only_those_asked_in_the_wave_are_compared():
    # What only the asked have tells nothing among the asked; answers of earlier waves are not of this one.
    rng = np.random.default_rng(3)
    _, ratings, answered = base(rng)
    asked = answered | (rng.random(N) < 0.03)
    sent = np.where(asked, "yes", "no")
    assert "who answered" in told(sent, ratings, answered)
    assert told(sent, ratings, answered, invited=asked) == ""
    target = ~answered | (rng.random(N) < 0.5)
    earlier = np.where(answered & ~target, 1.0, np.nan)
    assert told(earlier, ratings, answered, target=target) == ""


def test_rows_of_one_person_are_one_proof():
    rng = np.random.default_rng(4)
    _, ratings, answered = base(rng)
    rows = np.flatnonzero(answered)[:60]
    column = np.isin(np.arange(N), rows)
    persons = np.arange(N)
    assert "60 of" in told(column, ratings, answered, persons=persons)
    persons[rows] = rows[0] + np.arange(60) % 6
    assert told(column, ratings, answered, persons=persons) == ""


def test_the_share_of_answers_has_the_exact_interval():
    # 40 of 1000 who answered and 2 of 1000 silent: the lower end of Clopper and Pearson of 40 in 42.
    answered = np.arange(2000) < 1000
    held = ((np.arange(2000) < 40) | (np.arange(2000) >= 1998)).astype(float)
    found = answering_separation(tidy_features(pd.DataFrame({"it": held})), answered, np.arange(2000)).iloc[0]
    assert (found["n_answered_with"], found["n_silent_with"]) == (40, 2)
    assert found["share_low"] == pytest.approx(binomtest(40, 42).proportion_ci(0.95).low, rel=1e-6)
    assert found["answering_auc"] == pytest.approx(0.5 + 38 / 2000)


def test_a_sample_of_the_silent_says_the_same_of_the_base():
    # 150,000 silent of whom 50,000 are looked at: the share of answers is still that of the base.
    rng = np.random.default_rng(6)
    answered = np.arange(151_000) < 1000
    held = np.where(answered, rng.random(151_000) < 0.9, rng.random(151_000) < 0.004)
    found = answering_separation(tidy_features(pd.DataFrame({"it": held})), answered, np.arange(151_000)).iloc[0]
    assert (found["n_answered"], found["n_silent"]) == (1000, 50_000)
    assert 0.5 < found["share_low"] < 900 / (900 + 600)
    assert found["held_tells"]


def test_the_agreement_is_spearmans_and_its_interval_that_of_bonett_and_wright():
    rng = np.random.default_rng(7)
    ratings = rng.integers(0, 11, 200).astype(float)
    column = -ratings + rng.normal(size=200)
    found = rating_agreement(pd.DataFrame({"it": column}), ratings, np.arange(200)).iloc[0]
    rho = abs(spearmanr(column, ratings).statistic)
    assert found["agreement"] == pytest.approx(rho)
    half = 1.959964 * np.sqrt((1 + rho**2 / 2) / 197)
    assert found["agreement_low"] == pytest.approx(np.tanh(np.arctanh(rho) - half))
    with_holes = np.where(np.arange(200) < 9, column, np.nan)
    assert np.isnan(rating_agreement(pd.DataFrame({"it": with_holes}), ratings, np.arange(200))["agreement"][0])


def test_a_name_counts_where_the_values_go_with_the_rating_or_it_is_the_ratings_own():
    rng = np.random.default_rng(8)
    _, ratings, answered = base(rng)
    near = ratings + rng.integers(-2, 3, N)
    features = tidy_features(pd.DataFrame({"last_csat": near, "survey_language": rng.normal(size=N)}))
    data = data_of(features, ratings, answered)

    def refused(rating_name: object, *allowed: str) -> None:
        refuse_leaks(data, known(ratings, answered), rating_name=rating_name, allowed=allowed, random_state=0)

    with pytest.raises(DataError, match=r"got 1 that may: last_csat \(named like an outcome, 'csat', and agrees"):
        refused("score")
    with pytest.raises(DataError, match=r"survey_language \(named like the rating's own column\)"):
        refused("survey_language", "last_csat")
    refused(None, "last_csat")


def test_the_evidence_holds_no_value_of_the_data():
    rng = np.random.default_rng(9)
    _, ratings, answered = base(rng)
    assert "mary" not in told(np.where(answered, "mary@example.org", "none"), ratings, answered)


def test_customers_who_answer_the_same_again_are_no_leak():
    # A survey before, in which a quarter of the customers rated as they do now: only an attribute could be a copy.
    rng = np.random.default_rng(7)
    _, ratings, answered = base(rng)
    before = np.where(rng.random(N) < 0.25, ratings, np.nan)
    data = data_of(tidy_features(pd.DataFrame({"before": before})), ratings, answered)
    alone, earlier = (
        measure_leaks(data, known(ratings, answered), random_state=0, from_the_past=names)["reveals"].iloc[0]
        for names in ((), ("before",))
    )
    assert "orders" in alone
    assert earlier == ""
