"""What a reader of an estimate must be told."""

from __future__ import annotations

from silentnps.estimation.checks.calibration_equations import GammaGap
from silentnps.estimation.follow_up.estimate import FEWEST_ANSWERED_CALLS, FollowUpEstimate
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave

NOBODY_SILENT = "Nobody stayed silent."


def report_warnings(
    wave: CrossFittedWave, follow_up: FollowUpEstimate | None, gap: GammaGap | None
) -> tuple[str, ...]:
    """Return the warnings of an estimate, one sentence each."""
    if not wave.silent.any():
        return (f"{NOBODY_SILENT} There is nothing to estimate: the survey is the whole base.",)
    data = wave.data
    warnings = [
        f"{name} was declared a shadow, but the other shadows contradict it: it counts as a response driver."
        for name in data.demoted
    ]
    if data.few_answers:
        warnings.append(
            f"Only {data.n_answers} answers: missing at random is assumed and the model must not be promoted."
        )
    if not data.shadow_features:
        warnings.append(
            "No shadow feature is declared: missing at random is assumed. See the sensitivity to that assumption."
        )
    elif not data.few_answers and wave.headline == "mar":
        warnings.append("No declared shadow feature varies in the wave: missing at random is assumed.")
    elif wave.families is None and not data.few_answers:
        warnings.append("Only one family of shadow features: that they do not drive answering cannot be tested.")
    if data.invited.all():
        warnings.append("Invitations are not recorded or all were invited: everybody counts as invited.")
    if gap is not None and gap.reason:
        warnings.append(f"The second look by calibration equations gives no number: {gap.reason}.")
    return (*warnings, *_warnings_of_calls(wave, follow_up))


def _warnings_of_calls(wave: CrossFittedWave, follow_up: FollowUpEstimate | None) -> list[str]:
    calls = wave.data.follow_up
    if calls is not None and follow_up is None:
        return [
            f"Only {calls.n_answered} calls were answered: with {FEWEST_ANSWERED_CALLS} or more the estimate rests "
            "on them."
        ]
    if follow_up is None or follow_up.n_answered == follow_up.n_called:
        return []
    return [
        f"{follow_up.n_called - follow_up.n_answered:,} of {follow_up.n_called:,} called customers did not answer: "
        "to them the selection model is applied."
    ]
