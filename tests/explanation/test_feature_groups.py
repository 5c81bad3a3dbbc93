"""Drivers in groups, their stability over refits, and differences shared out over them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from silentnps.bundle.bundle import Bundle
from silentnps.explanation.contributions.explain import Explanation, explain
from silentnps.explanation.contributions.refits import RefitContributions, explain_refits, sign_agreement
from silentnps.explanation.feature_groups import correlation_dendrogram, driver_groups
from silentnps.explanation.group_difference import UNEXPLAINED, Group, explain_difference
from silentnps.outcome.survey_data import SurveyData

RNG = np.random.default_rng(5)
N = 400


def made() -> tuple[Explanation, pd.DataFrame]:
    """Return contributions of two copies of a feature, of a noise feature, and of a category."""
    base = RNG.normal(size=N)
    features = pd.DataFrame(
        {"late": base, "late_too": np.exp(base), "noise": RNG.normal(size=N), "tier": RNG.choice(["a", "b"], N)}
    )
    points = pd.DataFrame({"late": -5 * base, "late_too": 3 * base, "noise": 0.1 * features["noise"]})
    points["tier"] = np.where(features["tier"] == "a", 2.0, -2.0)
    return Explanation(1.0, points, 1.0 + points.sum(axis=1).to_numpy()), features


def test_correlated_features_are_one_cluster_and_others_are_not() -> None:
    explanation, features = made()
    clusters = correlation_dendrogram(explanation, features.assign(constant=1.0)).clusters()
    assert clusters["late"] == clusters["late_too"]
    assert len({clusters["late"], clusters["noise"], clusters["tier"]}) == 3


def test_a_group_counts_what_its_features_share_once() -> None:
    explanation, features = made()
    table = driver_groups(
        explanation, correlation_dendrogram(explanation, features).clusters(), actionable=("tier",)
    )
    together = table[(table["grouping"] == "correlated") & (table["n_features"] == 2)].iloc[0]
    points = explanation.contributions
    assert together["mean_absolute_points"] == pytest.approx((points["late"] + points["late_too"]).abs().mean())
    assert together["mean_absolute_points"] < points["late"].abs().mean()
    assert together["words"] == "late and 1 correlated with it"
    actionable = table[table["grouping"] == "actionable"].set_index("group")
    assert actionable.loc["actionable", "n_features"] == 1
    assert actionable.loc["context", "mean_points"] == pytest.approx(points.drop(columns="tier").sum(axis=1).mean())


def test_families_are_those_of_the_catalogue(bundle: Bundle, data: SurveyData) -> None:
    found = explain(bundle, data.features.rename(columns={}), data.invited)
    table = driver_groups(found, {})
    assert set(table.loc[table["grouping"] == "family", "group"]) == {"attributes"}
    named = Explanation(
        found.base_value,
        found.contributions.rename(columns={"delivery_days_late": "orders_days_late_max_180d"}),
        found.expected_nps,
    )
    assert "delivery" in set(driver_groups(named, {})["group"])


def test_clusters_of_one_feature_or_none() -> None:
    one = Explanation(0.0, pd.DataFrame({"x": [1.0, 2.0]}), np.array([1.0, 2.0]))
    assert correlation_dendrogram(one, pd.DataFrame({"x": [1.0, 2.0]})).clusters() == {"x": 1}
    assert correlation_dendrogram(one, pd.DataFrame({"x": [1.0, 1.0]})).clusters() == {}


def refits(noise: float, n: int = 8) -> tuple[pd.DataFrame, RefitContributions]:
    """Return contributions of a model, and of refits that agree in `late` and disagree at random in `noise`."""
    explanation, _ = made()
    own = explanation.contributions[["late", "noise"]]
    signs = np.array([1.0, -1.0] * (n // 2))
    points = np.stack(
        [np.column_stack([own["late"] + RNG.normal(0, noise, N), own["noise"] * signs[i]]) for i in range(n)]
    ).astype(np.float32)
    return own, RefitContributions(points, own.index, ("late", "noise"))


def test_a_sign_is_stable_where_refits_agree_and_not_where_they_turn_it() -> None:
    own, models = refits(0.5)
    found = sign_agreement(own, models)
    assert found["late"] == 1.0
    assert found["noise"] == 0.5
    none = sign_agreement(own, RefitContributions(models.points[:0], own.index, models.columns))
    assert none.isna().all()


def test_drivers_and_the_rest_sum_to_the_difference_of_the_estimates() -> None:
    explanation, features = made()
    _, models = refits(0.5)
    one = Group((features["tier"] == "a").to_numpy(), 12.0)
    other = Group(np.ones(N, dtype=np.bool_), 4.5)
    table = explain_difference(explanation, one, other, models)
    assert table["points"].sum() == pytest.approx(7.5)
    assert table["driver"].iloc[-1] == UNEXPLAINED
    assert table["driver"].iloc[0] == "tier"
    shown = table.set_index("driver")
    points = explanation.contributions["late"]
    assert shown.loc["late", "points"] == pytest.approx(points[one.members].mean() - points.mean())
    assert shown.loc["late", "low"] < shown.loc["late", "points"] < shown.loc["late", "high"]
    assert np.isnan(shown.loc[[UNEXPLAINED, "tier"], ["low", "high"]]).all(axis=None)


def test_intervals_of_drivers_are_students_t_of_the_refits() -> None:
    explanation, features = made()
    _, models = refits(2.0)
    one, other = (Group((features["tier"] == name).to_numpy(), 0.0) for name in "ab")
    table = explain_difference(explanation, one, other, models, confidence_level=0.9).set_index("driver")
    means = [p[one.members, 0].mean() - p[other.members, 0].mean() for p in models.points]
    half = (table.loc["late", "high"] - table.loc["late", "low"]) / 2
    assert half == pytest.approx(np.std(means, ddof=1) * 1.894579, rel=1e-4)


def test_a_column_that_the_model_lacks_counts_as_nothing() -> None:
    own, models = refits(0.5)
    found = sign_agreement(own.drop(columns="noise"), models)
    assert found["late"] == 1.0
    assert found["noise"] == 0.0
    assert (
        sign_agreement(own.head(5), RefitContributions(models.points[:, :5], own.index[:5], models.columns))
        .isna()
        .all()
    )


def test_other_customers_of_the_refits_and_the_draw_of_customers_count() -> None:
    explanation, features = made()
    own, models = refits(2.0)
    part = RefitContributions(models.points[:, ::4], own.index[::4], models.columns)
    masks = [(features["tier"] == name).to_numpy() for name in "ab"]
    one, other = (Group(mask, 0.0, mask[::4]) for mask in masks)
    table = explain_difference(explanation, one, other, part).set_index("driver").loc["late"]
    means = [p[masks[0][::4], 0].mean() - p[masks[1][::4], 0].mean() for p in models.points[:, ::4]]
    half = (table["high"] - table["low"]) / 2
    assert half == pytest.approx(np.std(means, ddof=1) * part.critical_value(0.95), rel=1e-4)
    sampled = explain_difference(explanation, one, other, part, sampled=True).set_index("driver").loc["late"]
    points = explanation.contributions["late"]
    drawn = sum(points[mask].var(ddof=0) / mask.sum() for mask in masks)
    expected = np.sqrt(np.var(means, ddof=1) + drawn) * part.critical_value(0.95)
    assert (sampled["high"] - sampled["low"]) / 2 == pytest.approx(expected, rel=1e-4)


def test_a_group_of_nobody_is_refused_and_one_refit_gives_no_interval() -> None:
    explanation, features = made()
    own, models = refits(0.5)
    nobody = Group(np.zeros(N, dtype=np.bool_), 0.0)
    with pytest.raises(ValueError, match="must have customers"):
        explain_difference(explanation, nobody, nobody, models)
    single = RefitContributions(models.points[:1], own.index, models.columns)
    one, other = (Group((features["tier"] == name).to_numpy(), 0.0) for name in "ab")
    table = explain_difference(explanation, one, other, single)
    assert table["low"].isna().all()
    assert table["points"].notna().all()


@pytest.mark.slow
def test_two_copies_of_a_feature_share_its_credit(data: SurveyData) -> None:
    """A model that learned from two copies of a feature gives each a part; together they have what one had."""
    from dataclasses import replace

    from annoyed import bundle_of

    alone = explain(bundle_of(data), data.features).contributions["delivery_days_late"]
    late = data.features["delivery_days_late"]
    twice = replace(data, features=data.features.assign(copy_of_late=late))
    twice = replace(twice, shadow_features=(*data.shadow_features, "copy_of_late"))
    both = explain(bundle_of(twice), twice.features).contributions[["delivery_days_late", "copy_of_late"]]
    assert np.corrcoef(both.sum(axis=1), alone)[0, 1] > 0.99
    shares = both.abs().mean() / both.sum(axis=1).abs().mean()
    assert shares.min() > 0.15


def test_refits_of_no_bundles_are_empty(data: SurveyData) -> None:
    found = explain_refits([], data.features)
    assert found.n_refits == 0
    assert np.isnan(found.critical_value(0.95))
