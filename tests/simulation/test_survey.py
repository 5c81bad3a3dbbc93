"""What the simulated survey promises: what customers feel and why, and who of them answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from simulated_retailer import CUSTOMERS, DAY, Retailer, make
from sklearn.linear_model import LogisticRegression

from silentnps.schema import NPS_CLASSES
from silentnps.simulation.customers import TIERS, tenure_score


@pytest.fixture(scope="module")
def retailer(tmp_path_factory) -> Retailer:
    return make(tmp_path_factory.mktemp("default"))


@pytest.fixture(scope="module")
def at_random_given_drivers(tmp_path_factory) -> Retailer:
    return make(tmp_path_factory.mktemp("mar"), answer_by_satisfaction=0.0)


@pytest.fixture(scope="module")
def completely_at_random(tmp_path_factory) -> Retailer:
    return make(tmp_path_factory.mktemp("mcar"), answer_by_satisfaction=0.0, answer_by_behaviour=0.0)


def invited_of(retailer: Retailer) -> pd.DataFrame:
    """One row per invitation: class step, drivers as the simulation defines them, bad experiences before."""
    invitations = retailer["invitations"]
    invitations["wave"] = invitations["survey_id"].str[4:].str.upper()
    rows = invitations.merge(retailer["truth"], on=["customer_id", "wave"]).merge(
        retailer["customers"][["customer_id", "signed_up_at", "tier"]], on="customer_id"
    )
    rows["step"] = rows["nps_class"].map({name: step - 1 for step, name in enumerate(NPS_CLASSES)})
    rows["tenure"] = tenure_score(((rows["invited_at"] - rows["signed_up_at"]) / DAY).to_numpy())
    rows["engagement"] = np.log1p(count_before(rows, retailer["engagement"], "occurred_at", 180))
    orders, support = retailer["orders"], retailer["support"]
    late = orders[orders["delivered_at"] > orders["promised_at"]]
    rows["late"] = count_before(rows, late, "delivered_at", 90)
    rows["returned"] = count_before(rows, retailer["returns"], "returned_at", 365)
    rows["complained"] = count_before(rows, support[support["category"] == "complaint"], "opened_at", 365)
    for tier in TIERS[1:]:
        rows[tier] = (rows["tier"] == tier).astype(float)
    return rows


def count_before(rows: pd.DataFrame, events: pd.DataFrame, clock: str, days: int) -> np.ndarray:
    pairs = (
        rows[["customer_id", "invited_at"]].reset_index().merge(events[["customer_id", clock]], on="customer_id")
    )
    before = (pairs[clock] < pairs["invited_at"]) & (pairs[clock] >= pairs["invited_at"] - days * DAY)
    return np.bincount(pairs.loc[before, "index"], minlength=len(rows))


def effect_on_answering(rows: pd.DataFrame, column: str) -> float:
    columns = [column, *({"step", "tenure", "engagement", "silver", "gold"} - {column})]
    fit = LogisticRegression(C=np.inf, max_iter=1000).fit(rows[columns], rows["answered"])
    return float(fit.coef_[0, 0])


def nps(classes: pd.Series) -> float:
    return 100 * float((classes == "promoter").mean() - (classes == "detractor").mean())


def test_truth_covers_the_whole_base_in_each_wave(retailer):
    truth, customers = retailer["truth"], retailer["customers"]
    assert not truth.duplicated(["customer_id", "wave"]).any()
    assert sorted(truth["wave"].unique()) == ["2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4"]
    invited = retailer["invitations"]
    for wave, base in truth.groupby("wave"):
        first = invited.loc[invited["survey_id"] == f"nps-{wave.lower()}", "invited_at"].min()
        members = customers.loc[customers["signed_up_at"] < first, "customer_id"]
        assert set(base["customer_id"]) == set(members)
    sizes = truth["wave"].value_counts().sort_index()
    assert sizes.is_monotonic_increasing
    assert sizes.iloc[-1] == CUSTOMERS > sizes.iloc[0]


def test_nobody_signs_up_while_invitations_go_out(tmp_path):
    retailer = make(tmp_path, customers=16_000)
    windows = retailer["invitations"].groupby("survey_id")["invited_at"].agg(["min", "max"])
    for window in windows.itertuples():
        assert not retailer["customers"]["signed_up_at"].between(window.min, window.max).any()


def test_waves_are_the_calendar_quarters_of_invitation_and_answer(retailer):
    for table, clock in (("invitations", "invited_at"), ("responses", "responded_at")):
        rows = retailer[table]
        quarter = rows[clock].dt.year.astype(str) + "-q" + rows[clock].dt.quarter.astype(str)
        assert (rows["survey_id"] == "nps-" + quarter).all()


def test_truth_agrees_with_invitations_and_ratings(retailer):
    truth = retailer["truth"].set_index(["customer_id", "wave"])
    responses = retailer["responses"].assign(wave=lambda rows: rows["survey_id"].str[4:].str.upper())
    said = responses.set_index(["customer_id", "wave"])["rating"]
    cut = pd.cut(said, [-1, 6, 8, 10], labels=NPS_CLASSES).astype(str)
    assert truth["answered"].sum() == len(said)
    assert truth["invited"].sum() == len(retailer["invitations"])
    assert truth.loc[said.index, "answered"].all()
    assert (truth.loc[said.index, "nps_class"] == cut).all()
    assert not (truth["answered"] & ~truth["invited"]).any()


def test_answers_come_within_two_weeks(retailer):
    responses = retailer["responses"]
    assert (responses["responded_at"] - responses["invited_at"] <= 14 * DAY).all()


def test_opted_out_customers_are_in_the_base_and_never_invited(retailer):
    out = retailer["customers"].loc[lambda rows: rows["opted_out"], "customer_id"]
    truth = retailer["truth"].loc[lambda rows: rows["customer_id"].isin(out)]
    assert 0.02 < len(out) / CUSTOMERS < 0.04
    assert len(truth)
    assert not truth["invited"].any()
    assert not retailer["outreach"]["customer_id"].isin(out).any()


def test_most_of_the_others_are_invited(retailer):
    truth = retailer["truth"].merge(retailer["customers"], on="customer_id")
    shares = truth[~truth["opted_out"]].groupby("wave")["invited"].mean()
    assert shares.between(0.85, 0.92).all()


def test_classes_have_the_shares_of_a_usual_retailer(retailer):
    shares = retailer["truth"]["nps_class"].value_counts(normalize=True)
    assert shares.to_dict() == pytest.approx({"detractor": 0.3, "passive": 0.3, "promoter": 0.4}, abs=0.03)


@pytest.mark.parametrize("rate", [0.05, 0.15, 0.4])
def test_response_rate_among_the_invited_is_the_one_asked_for(tmp_path, rate):
    truth = make(tmp_path, response_rate=rate)["truth"]
    invited = truth[truth["invited"]].groupby("wave")["answered"]
    standard_error = np.sqrt(rate * (1 - rate) / invited.size())
    assert ((invited.mean() - rate).abs() < 4 * standard_error).all()


def test_late_deliveries_lower_ratings(retailer):
    rows = invited_of(retailer)
    rows = rows.merge(
        retailer["responses"][["customer_id", "survey_id", "rating"]], on=["customer_id", "survey_id"]
    )
    means = rows.groupby(rows["late"] > 0)["rating"].mean()
    assert means[True] < means[False] - 1


@pytest.mark.parametrize(
    ("table", "clock", "chosen"),
    [
        ("returns", "returned_at", lambda rows: rows["reason"] == "defective"),
        ("support", "opened_at", lambda rows: (rows["category"] == "complaint") & rows["closed_at"].isna()),
    ],
    ids=["returns", "unresolved complaints"],
)
def test_other_bad_experiences_lower_satisfaction(retailer, table, clock, chosen):
    rows, events = invited_of(retailer), retailer[table]
    bad = count_before(rows, events[chosen(events)], clock, 90) > 0
    means = rows.groupby(bad)["satisfaction"].mean()
    assert means[True] < means[False] - 0.5


def test_the_satisfied_reply_refer_and_order_more(retailer):
    mean = retailer["truth"].groupby("customer_id")["satisfaction"].mean()
    happy = set(mean.index[mean > mean.median()])
    sent, referrals = retailer["outreach"], retailer["referrals"]
    replies = sent.groupby(sent["customer_id"].isin(happy))["replied_at"].agg(lambda at: at.notna().mean())
    assert replies[True] > replies[False] + 0.1
    assert referrals["customer_id"].isin(happy).mean() > 0.6


def test_engagement_has_nothing_to_do_with_satisfaction(retailer):
    rows = invited_of(retailer)
    # Satisfaction varies with tenure and tier, and so does engagement's window for new customers: hold them fixed.
    x = np.column_stack([np.ones(len(rows)), rows[["tenure", "silver", "gold"]]])
    residuals = [
        rows[name] - x @ np.linalg.lstsq(x, rows[name], rcond=None)[0] for name in ("engagement", "satisfaction")
    ]
    assert abs(np.corrcoef(residuals)[0, 1]) < 4 / np.sqrt(CUSTOMERS)


def test_without_satisfaction_strength_class_does_not_matter_given_drivers(at_random_given_drivers):
    rows = invited_of(at_random_given_drivers)
    assert abs(effect_on_answering(rows, "step")) < 0.15  # four standard errors
    assert effect_on_answering(rows, "gold") > 0.5
    assert effect_on_answering(rows, "tenure") == pytest.approx(0.7, abs=0.15)


def test_satisfaction_strength_is_the_log_odds_of_a_class_step(retailer):
    assert effect_on_answering(invited_of(retailer), "step") == pytest.approx(0.5, abs=0.15)


def test_bad_experiences_move_answering_only_through_the_class(tmp_path):
    rows = invited_of(make(tmp_path, customers=16_000))
    for name, four_standard_errors in (("late", 0.11), ("returned", 0.05), ("complained", 0.065)):
        assert abs(effect_on_answering(rows, name)) < four_standard_errors, name


def test_with_both_strengths_zero_answers_are_missing_completely_at_random(completely_at_random):
    rows = invited_of(completely_at_random)
    for name in ("step", "tenure", "engagement", "silver", "gold"):
        assert abs(effect_on_answering(rows, name)) < 0.4, name
    assert abs(effect_on_answering(rows, "step")) < 0.15


def test_promoters_answer_more_and_the_survey_flatters(retailer):
    truth = retailer["truth"]
    shares = truth[truth["invited"]].groupby("nps_class")["answered"].mean()
    assert shares["detractor"] < shares["passive"] < shares["promoter"]
    assert 8 < nps(truth.loc[truth["answered"], "nps_class"]) - nps(truth["nps_class"]) < 25
