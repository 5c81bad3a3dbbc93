"""The model and the estimate of a wave as they would have been at its time: learned from waves up to it alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from silentnps.bundle.bundle import Bundle
from silentnps.config import ProjectConfig
from silentnps.estimation.wave.bootstrap import Bootstrap
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.repeat_estimate import RepeatEstimate
from silentnps.estimation.wave.shadow_roles import settle_roles
from silentnps.estimation.wave.wave_follow_up import score_shares
from silentnps.features.learned.learned_features import LearnedFeatures
from silentnps.numerics.arrays import Floats
from silentnps.numerics.parallel import one_thread
from silentnps.outcome.candidates import CANDIDATES
from silentnps.outcome.cross_fitting import crossfit_repeats
from silentnps.outcome.outcome_model import OutcomeDesign, tree_classifier
from silentnps.outcome.survey_data import SurveyData
from silentnps.training.final_bundle import fit_bundle, silent_before_step, with_step
from silentnps.training.headline import headlines_of_repeats


@dataclass(frozen=True)
class EarlierModel:
    """The model of an earlier wave: its bundle, the wave with its estimates, and the bootstrap if one was made."""

    bundle: Bundle
    wave: CrossFittedWave
    repeats: list[RepeatEstimate]
    drawn: Bootstrap | None

    @property
    def out_of_fold(self) -> Floats:
        """Return the probabilities of the wave's answers by models that did not see their customers, (n, 3)."""
        return self.repeats[0].probabilities[self.wave.sample.answered]


def train_earlier_wave(
    data: SurveyData,
    *,
    candidate: str,
    config: ProjectConfig,
    learned: LearnedFeatures,
    replicates: int,
    n_jobs: int = 1,
    progress: Callable[[int], None] | None = None,
) -> EarlierModel:
    """Train one candidate once on the rows of a wave and of those before it, without a choice among candidates.

    Parameters
    ----------
    candidate
        Its name; with few answers the logistic one is trained whatever it is.
    config
        `model` with the sizes of the trees.
    learned
        What made the learned columns; it must not have seen later waves.
    replicates
        Fits of the bootstrap; with 0 there is none, and no interval.
    progress
        Is called once for each of `n_fits_of`.

    Raises
    ------
    DataError
        If the wave has fewer than 30 answers or one class only.
    """
    data.check()
    model, name = config.model, "logistic" if data.few_answers else candidate
    design = OutcomeDesign(data)
    margins = crossfit_repeats(
        data,
        design,
        classifier=tree_classifier(model),
        folds=model.folds,
        repeats=1,
        random_state=config.random_state,
        n_jobs=n_jobs,
        progress=progress,
    )
    wave = CrossFittedWave.of(
        data,
        design,
        margins,
        components=CANDIDATES[name].components,
        model=model,
        estimation=config.estimation,
        random_state=config.random_state,
    )
    return _estimated(wave, config, learned, replicates, n_jobs, progress)


def n_fits_of(config: ProjectConfig, replicates: int) -> int:
    """Return how many fits `train_earlier_wave` tells of."""
    return config.model.folds + (replicates + 1 if replicates else 0)


def _estimated(
    wave: CrossFittedWave,
    config: ProjectConfig,
    learned: LearnedFeatures,
    replicates: int,
    n_jobs: int,
    progress: Callable[[int], None] | None,
) -> EarlierModel:
    drawn: Bootstrap | None = None
    with one_thread():
        if replicates:
            wave, repeats, drawn = settle_roles(wave, replicates=replicates, n_jobs=n_jobs, progress=progress)
        else:
            repeats = headlines_of_repeats(wave, n_jobs=n_jobs)
        bundle = fit_bundle(wave, repeats, learned, config.labels, {})
        shares = score_shares(wave, repeats)
        bundle = with_step(bundle, silent_before_step(bundle, wave), shares, config.labels)
    return EarlierModel(bundle, replace(wave, others=(), place=0), repeats, drawn)
