"""Intervals of levels and of changes hold, where the outcome model is known and selection is not."""

from __future__ import annotations

import numpy as np
import pytest
from planted_waves import estimated, in_time, planted, true_margins
from scipy import stats

from silentnps.estimation.trend.changes import OF, change_of, level_of
from silentnps.estimation.trend.wave_groups import ALL, groups_of_wave
from silentnps.numerics.nps import CLASS_VALUES
from silentnps.outcome.survey_data import SurveyData

SIMULATIONS, LEVEL, FALSE_ALARM = 60, 0.9, 0.001


def two_waves(seed: int) -> tuple[SurveyData, list[dict[str, float]]]:
    """Return two waves of 800 customers, and the true NPS of silent customers and of all."""
    waves, truths = [], []
    for place in (0, 1):
        whole = planted(800, 2 * seed + place, late=0.3 * place, wish=0.4)
        waves.append(whole)
        opinions = planted(800, 2 * seed + place, late=0.3 * place, wish=0.4, everybody=True).classes
        values, silent = CLASS_VALUES[opinions], ~whole.answered
        truths.append({"silent": float(values[silent].mean()), "base": float(values.mean())})
    return in_time(*waves, same_persons=False), truths


@pytest.mark.slow
def test_intervals_cover_as_often_as_they_say() -> None:
    """Of 60 intervals of 90 % a binomial test at 0.1 % asks for 45 or more, and at most 60."""
    covered: dict[str, list[bool]] = {}
    for seed in range(SIMULATIONS):
        data, truths = two_waves(seed)
        waves = estimated(data, true_margins(data), replicates=20)
        groups, plan = [groups_of_wave(wave)[ALL] for wave in waves], waves[0].bootstrap.plan
        for of in OF[1:]:
            found = change_of(groups[0], groups[1], of, plan, confidence_level=LEVEL)
            assert found is not None
            truth = truths[1][of] - truths[0][of]
            covered.setdefault(f"change {of}", []).append(found.low <= truth <= found.high)
            level = level_of(groups[0], plan, confidence_level=LEVEL)
            inside = level[f"{of}_low"] <= truths[0][of] <= level[f"{of}_high"]
            covered.setdefault(f"level {of}", []).append(inside)
    counts = {name: int(np.sum(each)) for name, each in covered.items()}
    print(counts)
    for name, count in counts.items():
        assert stats.binomtest(count, SIMULATIONS, LEVEL, alternative="less").pvalue > FALSE_ALARM, (name, count)
