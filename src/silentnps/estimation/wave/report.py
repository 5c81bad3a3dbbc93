"""From a wave, its repeats and its bootstrap draws to the report."""

from __future__ import annotations

import numpy as np
import pandas as pd

from silentnps.estimation.checks.agreement import with_differences
from silentnps.estimation.checks.balance import balance_table
from silentnps.estimation.checks.calibration_equations import GammaGap, gamma_gap
from silentnps.estimation.checks.diagnostics import diagnose, sensitivity_curve
from silentnps.estimation.checks.early_late import early_late
from silentnps.estimation.checks.response_rates import response_rates
from silentnps.estimation.checks.tipping import tipping_points
from silentnps.estimation.follow_up.estimate import FollowUpEstimate
from silentnps.estimation.formulas.doubly_robust import Sample
from silentnps.estimation.formulas.nps_estimate import NPSEstimate, census, mix, normal_estimate, nps_of_classes
from silentnps.estimation.formulas.small_areas import own_draws_variance
from silentnps.estimation.value.silent_by_spend import PlainByCalls, silent_by_spend
from silentnps.estimation.value.spend_report import SpendReport, spend_report
from silentnps.estimation.wave.bootstrap import BootstrapDraw
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.monte_carlo import sampling_variance
from silentnps.estimation.wave.nps_report import NPSReport
from silentnps.estimation.wave.repeat_estimate import RepeatEstimate, headline_shares
from silentnps.estimation.wave.report_warnings import NOBODY_SILENT, report_warnings
from silentnps.estimation.wave.segment_table import segment_differences, segment_table
from silentnps.estimation.wave.shadow_roles import shadow_families_test
from silentnps.estimation.wave.wave_follow_up import wave_follow_up
from silentnps.estimation.wording.assumptions import ASSUMPTIONS
from silentnps.estimation.wording.disagreement import describe_disagreement
from silentnps.estimation.wording.early_late import describe_early_late
from silentnps.estimation.wording.shadows import describe_shadow_test
from silentnps.estimation.wording.tipping import describe_tipping_points
from silentnps.numerics.nps import CLASS_VALUES
from silentnps.outcome.survey_data import SurveyData


def assemble_report(wave: CrossFittedWave, repeats: list[RepeatEstimate], draws: list[BootstrapDraw]) -> NPSReport:
    """Return everything that an estimate carries."""
    options, sample = wave.estimation, wave.sample
    level, matters = options.confidence_level, options.difference_that_matters
    follow_up = wave_follow_up(wave, repeats)
    headline = wave.headline if follow_up is None else "follow_up"
    shares = headline_shares(repeats) if follow_up is None else follow_up.shares
    respondents = census(sample.classes[sample.answered], confidence_level=level)
    silent = _headline(wave, repeats, draws, follow_up, float(shares @ CLASS_VALUES))
    anchor, gap = (None, _gap(wave, repeats)) if follow_up is None else (silent, None)
    table = _compared(wave, draws, _by_assumption(wave, repeats, draws, follow_up, silent), headline)
    test, curve = shadow_families_test(wave, repeats, draws), _sensitivity(repeats[0], sample)
    return NPSReport(
        silent=silent,
        base=mix(respondents, silent),
        respondents=respondents,
        headline=headline,
        shares=shares,
        by_assumption=table,
        disagreement=describe_disagreement(table, headline, matters=matters) if silent.n else NOBODY_SILENT,
        segments=segment_table(wave, repeats, draws, anchor=anchor),
        segment_differences=segment_differences(wave, repeats, draws, anchor=anchor),
        diagnostics=_diagnostics(wave, repeats, draws, follow_up) | _gap_numbers(gap, silent, test),
        shadow_test=describe_shadow_test(test, matters=matters),
        balance=_balance(wave, repeats),
        response_rates=_response_rates(wave),
        sensitivity=curve,
        tipping_points=_tipping_points(curve, respondents, silent, target=options.target_nps),
        early_late=_early_late(wave),
        warnings=report_warnings(wave, follow_up, gap),
        by_spend=_by_spend(wave, repeats, draws, follow_up),
    ).with_caution()


def _sensitivity(repeat: RepeatEstimate, sample: Sample) -> pd.DataFrame:
    return sensitivity_curve(repeat.probabilities, sample, invitation=repeat.point.invitation)


def _headline(
    wave: CrossFittedWave,
    repeats: list[RepeatEstimate],
    draws: list[BootstrapDraw],
    follow_up: FollowUpEstimate | None,
    value: float,
) -> NPSEstimate:
    if follow_up is not None:
        return follow_up.silent
    return _silent_estimate(wave, repeats, draws, wave.headline, value)


def _silent_estimate(
    wave: CrossFittedWave,
    repeats: list[RepeatEstimate],
    draws: list[BootstrapDraw],
    assumption: str,
    value: float,
) -> NPSEstimate:
    level, silent = wave.estimation.confidence_level, wave.silent
    if not silent.any():
        return census(np.array([], dtype=np.int64), confidence_level=level)
    counts = None if wave.sample.counts is None else wave.sample.counts[silent]
    own = own_draws_variance(repeats[0].point.silent_probabilities[silent], counts)
    values = [draw.by_assumption[assumption] for draw in draws]
    standard_error = float(np.sqrt(np.var(values, ddof=1) + own + sampling_variance(wave, repeats)))
    return normal_estimate(
        value,
        standard_error,
        n=int(wave.sample.n_silent.sum()),
        confidence_level=level,
        degrees=len(values) - 1,
    )


def _by_assumption(
    wave: CrossFittedWave,
    repeats: list[RepeatEstimate],
    draws: list[BootstrapDraw],
    follow_up: FollowUpEstimate | None,
    silent: NPSEstimate,
) -> pd.DataFrame:
    level = wave.estimation.confidence_level
    survey = nps_of_classes(wave.sample.classes, confidence_level=level)
    rows: list[dict[str, object]] = [{"assumption": "survey", **survey.to_dict()}]
    for name in [key for key in repeats[0].by_assumption if key != "survey"]:
        value = float(np.mean([repeat.by_assumption[name] for repeat in repeats]))
        rows.append({"assumption": name, **_silent_estimate(wave, repeats, draws, name, value).to_dict()})
    if follow_up is not None:
        rows.append({"assumption": "follow_up", **silent.to_dict()})
    low, high = (-100.0, 100.0) if silent.n else (np.nan, np.nan)
    rows.append({"assumption": "manski", "low": low, "high": high, "n": silent.n})
    table = pd.DataFrame(rows)
    table["confidence_level"] = level
    table["note"] = table["assumption"].map({code: assumption.note for code, assumption in ASSUMPTIONS.items()})
    return table


def _by_spend(
    wave: CrossFittedWave,
    repeats: list[RepeatEstimate],
    draws: list[BootstrapDraw],
    follow_up: FollowUpEstimate | None,
) -> SpendReport | None:
    if wave.spend is None:
        return None
    plain = np.array([draw.by_assumption[wave.headline] for draw in draws])
    calls = None
    if follow_up is not None:
        calls = PlainByCalls(follow_up.shares, follow_up.silent.standard_error, plain)
    drawn = np.array([draw.by_spend for draw in draws])
    silent = silent_by_spend([repeat.point for repeat in repeats], wave.sample, wave.spend, drawn, calls)
    level = wave.estimation.confidence_level
    return spend_report(wave.sample, wave.spend, silent, degrees=len(draws) - 1, confidence_level=level)


def _compared(
    wave: CrossFittedWave, draws: list[BootstrapDraw], table: pd.DataFrame, headline: str
) -> pd.DataFrame:
    return with_differences(
        table,
        headline,
        {name: np.array([draw.by_assumption[name] for draw in draws]) for name in draws[0].by_assumption},
        confidence_level=wave.estimation.confidence_level,
        matters=wave.estimation.difference_that_matters,
    )


def _diagnostics(
    wave: CrossFittedWave,
    repeats: list[RepeatEstimate],
    draws: list[BootstrapDraw],
    follow_up: FollowUpEstimate | None,
) -> dict[str, float]:
    diagnostics = diagnose(
        repeats[0].point,
        wave.sample,
        np.array([draw.gamma for draw in draws]),
        prior_sd=wave.prior_sd,
        confidence_level=wave.estimation.confidence_level,
    )
    diagnostics |= _across_waves(wave, repeats)
    if follow_up is None:
        return diagnostics
    return diagnostics | {
        "n_called": float(follow_up.n_called),
        "n_calls_answered": float(follow_up.n_answered),
    }


def _across_waves(wave: CrossFittedWave, repeats: list[RepeatEstimate]) -> dict[str, float]:
    """Return how many other waves told of selection, and how much it drifts from one to the next (log odds)."""
    steps = [repeat.step for repeat in repeats if repeat.step is not None]
    if not steps:
        return {}
    return {"selection_waves": float(len(wave.others)), "selection_step": float(np.mean(steps))}


def _gap(wave: CrossFittedWave, repeats: list[RepeatEstimate]) -> GammaGap | None:
    """Return the second look by calibration equations; None where selection was not fitted."""
    if wave.headline != "selection" or not wave.silent.any():
        return None
    first = repeats[0]
    return gamma_gap(
        first.probabilities,
        wave.sample,
        first.point,
        prior_sd=first.prior.covariance,
        prior_mean=first.prior.mean,
    )


def _gap_numbers(gap: GammaGap | None, silent: NPSEstimate, test: pd.DataFrame) -> dict[str, float]:
    """Return the diagnostics of the second look, and the band of the tests of the shadows."""
    if gap is None:
        return {}
    numbers: dict[str, float] = {}
    if gap.nps is not None and gap.detractor is not None and gap.promoter is not None:
        numbers = {
            "calibration_gap_detractor": gap.detractor,
            "calibration_gap_promoter": gap.promoter,
            "calibration_gap_nps": gap.nps,
        }
    return numbers | {
        "band_low": float(min([silent.low, *test["low"]])),
        "band_high": float(max([silent.high, *test["high"]])),
    }


def _balance(wave: CrossFittedWave, repeats: list[RepeatEstimate]) -> pd.DataFrame:
    frame = wave.data.features.iloc[wave.rows]
    return balance_table(frame, wave.sample, repeats[0].point.corrections, roles=_roles(wave.data))


def _response_rates(wave: CrossFittedWave) -> pd.DataFrame:
    frame = wave.data.features.iloc[wave.rows][list(wave.data.response_drivers)]
    return response_rates(frame, wave.sample, confidence_level=wave.estimation.confidence_level)


def _roles(data: SurveyData) -> dict[str, str]:
    return dict.fromkeys(data.response_drivers, "driver") | dict.fromkeys(data.shadow_features, "shadow")


def _tipping_points(
    curve: pd.DataFrame, respondents: NPSEstimate, silent: NPSEstimate, *, target: float | None
) -> pd.DataFrame:
    table = tipping_points(curve, survey=respondents.value, target=target, silent=silent)
    return describe_tipping_points(table, curve, silent=silent)


def _early_late(wave: CrossFittedWave) -> pd.DataFrame:
    level, classes = wave.estimation.confidence_level, wave.sample.classes
    if wave.data.reminders is None:
        return describe_early_late(early_late(classes[:0], np.zeros(0), confidence_level=level)).iloc[:0]
    matters = wave.estimation.difference_that_matters
    table = early_late(classes, wave.data.reminders, confidence_level=level, matters=matters)
    return describe_early_late(table, matters=matters)
