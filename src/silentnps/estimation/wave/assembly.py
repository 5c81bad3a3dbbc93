"""From a study and its bootstrap to the report."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from silentnps.config import EstimationConfig
from silentnps.estimation.checks.agreement import with_differences
from silentnps.estimation.checks.balance import balance_table
from silentnps.estimation.checks.calibration_equations import GammaGap, gamma_gap
from silentnps.estimation.checks.diagnostics import diagnose, sensitivity_curve
from silentnps.estimation.checks.early_late import early_late
from silentnps.estimation.checks.response_rates import response_rates
from silentnps.estimation.checks.tipping import tipping_points
from silentnps.estimation.follow_up.estimate import FollowUpEstimate
from silentnps.estimation.formulas.small_areas import own_draws_variance
from silentnps.estimation.wave.analysis import headline_shares
from silentnps.estimation.wave.bootstrap import Replicate
from silentnps.estimation.wave.repeat_estimate import Study
from silentnps.estimation.wave.report import NPSReport
from silentnps.estimation.wave.segment_table import Cut, segment_differences, segment_table
from silentnps.estimation.wave.shadow_roles import tested
from silentnps.estimation.wave.wave_follow_up import FEWEST_CALLED_ANSWERS, called_estimate
from silentnps.estimation.wording.assumptions import ASSUMPTIONS
from silentnps.estimation.wording.disagreement import describe_disagreement
from silentnps.estimation.wording.early_late import describe_early_late
from silentnps.estimation.wording.shadows import describe_shadow_test
from silentnps.estimation.wording.tipping import describe_tipping_points
from silentnps.numerics.nps import CLASS_VALUES, NPSEstimate, census, mix, normal_estimate, nps_of_classes
from silentnps.outcome.survey_data import SurveyData

NOBODY_SILENT = "Nobody stayed silent."


@dataclass(frozen=True)
class _Fitted:
    study: Study
    replicates: list[Replicate]
    estimation: EstimationConfig
    called: FollowUpEstimate | None
    gap: GammaGap | None

    @property
    def level(self) -> float:
        return self.estimation.confidence_level

    @property
    def headline(self) -> str:
        return "follow_up" if self.called is not None else self.study.whole.wave.headline


def report_of(
    study: Study, replicates: list[Replicate], estimation: EstimationConfig, *, random_state: int
) -> NPSReport:
    """Return everything that an estimate carries."""
    fitted = _fitted(study, replicates, estimation, random_state=random_state)
    whole, sample, called = study.whole, study.whole.wave.sample, fitted.called
    shares = headline_shares(study.repeats) if called is None else called.shares
    respondents = census(sample.classes[sample.answered], confidence_level=fitted.level)
    silent = _headline(fitted, float(shares @ CLASS_VALUES))
    table = _compared(fitted, _by_assumption(fitted, silent))
    matters = estimation.difference_that_matters
    cut = Cut(whole, study.repeats, replicates, None if called is None else silent)
    test = tested(study, replicates, confidence_level=fitted.level, matters=matters)
    curve = sensitivity_curve(study.repeats[0].probabilities, sample)
    made = NPSReport(
        silent=silent,
        base=mix(respondents, silent),
        respondents=respondents,
        headline=fitted.headline,
        shares=shares,
        by_assumption=table,
        disagreement=describe_disagreement(table, fitted.headline, matters=matters) if silent.n else NOBODY_SILENT,
        segments=segment_table(cut, confidence_level=fitted.level, min_n=estimation.min_segment_n),
        segment_differences=segment_differences(cut, confidence_level=fitted.level, min_n=estimation.min_segment_n),
        diagnostics=_diagnostics(fitted, silent, test),
        shadow_test=describe_shadow_test(test, matters=matters),
        balance=_balance(fitted),
        response_rates=_response_rates(fitted),
        sensitivity=curve,
        tipping_points=_tipping_points(curve, respondents, silent, target=estimation.target_nps),
        early_late=_early_late(fitted),
        warnings=_warnings(fitted),
    )
    return _with_caution(made)


def _with_caution(report: NPSReport) -> NPSReport:
    """Return the report with what must be told first, where there is such a thing, before all that is told."""
    caution = report.caution
    if not caution:
        return report
    return replace(report, disagreement=f"{caution} {report.disagreement}", warnings=(caution, *report.warnings))


def _fitted(
    study: Study, replicates: list[Replicate], estimation: EstimationConfig, *, random_state: int
) -> _Fitted:
    data, wave = study.whole.data, study.whole.wave
    called = called_estimate(data, wave, study.repeats, estimation, random_state=random_state)
    return _Fitted(study, replicates, estimation, called, _gap(study, estimation) if called is None else None)


def _headline(fitted: _Fitted, value: float) -> NPSEstimate:
    if fitted.called is not None:
        return fitted.called.silent
    return _silent_estimate(fitted, fitted.headline, value)


def _silent_estimate(fitted: _Fitted, assumption: str, value: float) -> NPSEstimate:
    sample = fitted.study.whole.wave.sample
    silent = ~sample.answered
    if not silent.any():
        return census(np.array([], dtype=np.int64), confidence_level=fitted.level)
    draws = own_draws_variance(fitted.study.repeats[0].point.silent_probabilities[silent])
    values = [replicate.by_assumption[assumption] for replicate in fitted.replicates]
    standard_error = float(np.sqrt(np.var(values, ddof=1) + draws))
    return normal_estimate(
        value, standard_error, n=int(silent.sum()), confidence_level=fitted.level, degrees=len(values) - 1
    )


def _by_assumption(fitted: _Fitted, silent: NPSEstimate) -> pd.DataFrame:
    sample, repeats = fitted.study.whole.wave.sample, fitted.study.repeats
    survey = nps_of_classes(sample.classes, confidence_level=fitted.level)
    rows: list[dict[str, object]] = [{"assumption": "survey", **survey.to_dict()}]
    for name in [key for key in repeats[0].by_assumption if key != "survey"]:
        value = float(np.mean([repeat.by_assumption[name] for repeat in repeats]))
        rows.append({"assumption": name, **_silent_estimate(fitted, name, value).to_dict()})
    if fitted.called is not None:
        rows.append({"assumption": "follow_up", **silent.to_dict()})
    low, high = (-100.0, 100.0) if silent.n else (np.nan, np.nan)
    rows.append({"assumption": "manski", "low": low, "high": high, "n": silent.n})
    table = pd.DataFrame(rows)
    table["confidence_level"] = fitted.level
    table["note"] = table["assumption"].map({code: assumption.note for code, assumption in ASSUMPTIONS.items()})
    return table


def _compared(fitted: _Fitted, table: pd.DataFrame) -> pd.DataFrame:
    names = fitted.replicates[0].by_assumption
    return with_differences(
        table,
        fitted.headline,
        {name: np.array([one.by_assumption[name] for one in fitted.replicates]) for name in names},
        confidence_level=fitted.level,
        matters=fitted.estimation.difference_that_matters,
    )


def _diagnostics(fitted: _Fitted, silent: NPSEstimate, test: pd.DataFrame) -> dict[str, float]:
    wave, repeats = fitted.study.whole.wave, fitted.study.repeats
    sd = fitted.estimation.selection_prior_sd
    gammas = np.array([replicate.gamma for replicate in fitted.replicates])
    found = diagnose(repeats[0].point, wave.sample, gammas, prior_sd=sd, confidence_level=fitted.level)
    if fitted.called is not None:
        return found | {
            "n_called": float(fitted.called.n_called),
            "n_calls_answered": float(fitted.called.n_answered),
        }
    gap = fitted.gap
    if gap is None:
        return found
    if gap.nps is not None and gap.detractor is not None and gap.promoter is not None:
        found |= {
            "calibration_gap_detractor": gap.detractor,
            "calibration_gap_promoter": gap.promoter,
            "calibration_gap_nps": gap.nps,
        }
    return found | {
        "band_low": float(min([silent.low, *test["low"]])),
        "band_high": float(max([silent.high, *test["high"]])),
    }


def _gap(study: Study, estimation: EstimationConfig) -> GammaGap | None:
    """Return the second look by calibration equations; None where selection was not fitted."""
    wave, first = study.whole.wave, study.repeats[0]
    if wave.headline != "selection" or wave.sample.answered.all():
        return None
    return gamma_gap(first.probabilities, wave.sample, first.point, prior_sd=estimation.selection_prior_sd)


def _balance(fitted: _Fitted) -> pd.DataFrame:
    whole, corrections = fitted.study.whole, fitted.study.repeats[0].point.corrections
    frame = whole.data.features.iloc[whole.wave.rows]
    return balance_table(frame, whole.wave.sample, corrections, roles=_roles(whole.data))


def _response_rates(fitted: _Fitted) -> pd.DataFrame:
    whole = fitted.study.whole
    frame = whole.data.features.iloc[whole.wave.rows][list(whole.data.response_drivers)]
    return response_rates(frame, whole.wave.sample, confidence_level=fitted.level)


def _roles(data: SurveyData) -> dict[str, str]:
    return dict.fromkeys(data.response_drivers, "driver") | dict.fromkeys(data.shadow_features, "shadow")


def _tipping_points(
    curve: pd.DataFrame, respondents: NPSEstimate, silent: NPSEstimate, *, target: float | None
) -> pd.DataFrame:
    table = tipping_points(curve, survey=respondents.value, target=target, silent=silent)
    return describe_tipping_points(table, curve, silent=silent)


def _early_late(fitted: _Fitted) -> pd.DataFrame:
    data = fitted.study.whole.data
    classes = fitted.study.whole.wave.sample.classes
    if data.reminders is None:
        none = early_late(classes[:0], np.zeros(0), confidence_level=fitted.level)
        return describe_early_late(none).iloc[:0]
    matters = fitted.estimation.difference_that_matters
    table = early_late(classes, data.reminders, confidence_level=fitted.level, matters=matters)
    return describe_early_late(table, matters=matters)


def _warnings(fitted: _Fitted) -> tuple[str, ...]:
    if fitted.study.whole.wave.sample.answered.all():
        return (f"{NOBODY_SILENT} There is nothing to estimate: the survey is the whole base.",)
    data, families = fitted.study.whole.data, fitted.study.whole.wave.families
    found = [
        f"{name} was declared a shadow, but the other shadows contradict it: it counts as a response driver."
        for name in data.demoted
    ]
    if data.few_answers:
        found.append(
            f"Only {data.n_answers} answers: missing at random is assumed and the model must not be promoted."
        )
    if not data.shadow_features:
        found.append(
            "No shadow feature is declared: missing at random is assumed. See the sensitivity to that assumption."
        )
    elif not data.few_answers and fitted.study.whole.wave.headline == "mar":
        found.append("No declared shadow feature varies in the wave: missing at random is assumed.")
    elif families is None and not data.few_answers:
        found.append("Only one family of shadow features: that they do not drive answering cannot be tested.")
    if data.invited.all():
        found.append("Invitations are not recorded or all were invited: everybody counts as invited.")
    if fitted.gap is not None and fitted.gap.reason:
        found.append(f"The second look by calibration equations gives no number: {fitted.gap.reason}.")
    return (*found, *_words_on_calls(fitted))


def _words_on_calls(fitted: _Fitted) -> list[str]:
    calls, called = fitted.study.whole.data.follow_up, fitted.called
    if calls is not None and called is None:
        return [
            f"Only {calls.n_answered} calls were answered: with {FEWEST_CALLED_ANSWERS} or more the estimate rests "
            "on them."
        ]
    if called is None or called.n_answered == called.n_called:
        return []
    return [
        f"{called.n_called - called.n_answered:,} of {called.n_called:,} called customers did not answer: of them "
        "the selection model speaks again."
    ]
