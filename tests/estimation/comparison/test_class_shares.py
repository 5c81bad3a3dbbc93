"""Shares of the classes: the same number as the NPS, mixed by size, with intervals of everything learned."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from surveys import QUICK, cross_fitted, survey

from silentnps.estimation.comparison.class_shares import COLUMNS, class_shares
from silentnps.estimation.wave.bootstrap import Bootstrap, bootstrap
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.repeat_estimate import RepeatEstimate, estimate_repeats

Fitted = tuple[CrossFittedWave, list[RepeatEstimate], Bootstrap]


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    wave = cross_fitted(survey(600), QUICK, replicates=10)
    repeats = estimate_repeats(wave)
    return wave, repeats, bootstrap(wave, repeats, replicates=10)


def of(table: pd.DataFrame, group: str) -> pd.DataFrame:
    return table[table["of"] == group].set_index("nps_class")


def test_promoters_less_detractors_are_the_nps_and_groups_mix_by_size(fitted: Fitted) -> None:
    wave, repeats, drawn = fitted
    table = class_shares(wave, repeats, drawn)
    assert list(table.columns) == list(COLUMNS)
    silent, base, survey_ = (of(table, group) for group in ("silent", "base", "survey"))
    nps = 100.0 * (silent.loc["promoter", "share"] - silent.loc["detractor", "share"])
    assert nps == pytest.approx(np.mean([repeat.point.nps for repeat in repeats]))
    n = silent["n"] + survey_["n"]
    assert base["share"].to_numpy() == pytest.approx(
        ((silent["share"] * silent["n"] + survey_["share"] * survey_["n"]) / n).to_numpy()
    )
    assert table.groupby("of")["share"].sum().to_numpy() == pytest.approx(1.0)
    assert (n == 600).all()
    assert (survey_["low"] == survey_["high"]).all()


def test_intervals_hold_what_was_learned_and_what_nobody_observed(fitted: Fitted) -> None:
    """The draws of promoters less detractors vary as those of the headline do before its jumps are taken out."""
    wave, _repeats, drawn = fitted
    silent, base = (of(class_shares(*fitted), group) for group in ("silent", "base"))
    draws = drawn.draws_of(wave, lambda repeat, _: np.asarray(repeat.point.shares))
    own = silent["share"] * (1 - silent["share"]) / silent["n"]
    assert silent["standard_error"].to_numpy() == pytest.approx(np.sqrt(draws.var(axis=0, ddof=1) + own).to_numpy())
    of_silent = silent["n"] / base["n"]
    assert base["standard_error"].to_numpy() == pytest.approx((of_silent * silent["standard_error"]).to_numpy())
    assert (silent["low"] < silent["share"]).all()
    assert (silent["share"] < silent["high"]).all()


def test_the_confidence_level_makes_intervals_longer(fitted: Fitted) -> None:
    wave, repeats, drawn = fitted
    wider = replace(wave, estimation=wave.estimation.model_copy(update={"confidence_level": 0.99}))
    wide, usual = (of(class_shares(each, repeats, drawn), "silent") for each in (wider, wave))
    assert (wide["low"] < usual["low"]).all()
    assert (wide["confidence_level"] == 0.99).all()
