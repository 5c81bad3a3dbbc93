"""The waves of a backtest: each with the model, and the estimate, that its own time would have made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd

from silentnps.bundle.bundle import Bundle
from silentnps.config import ProjectConfig
from silentnps.errors import DataError
from silentnps.estimation.trend.changes import level_of
from silentnps.estimation.trend.every_wave import EstimatedWave
from silentnps.estimation.trend.wave_groups import ALL, groups_of_wave
from silentnps.evaluation.backtest.predictions import Predicted
from silentnps.features.engine.expressions import KEYS
from silentnps.numerics.arrays import Floats, Integers
from silentnps.numerics.nps import class_of_rating
from silentnps.outcome.survey_data import FEWEST_ANSWERS
from silentnps.training.earlier_wave import EarlierModel, n_fits_of, train_earlier_wave
from silentnps.workflow.artifacts.estimate import read_estimate
from silentnps.workflow.artifacts.features_file import read_features
from silentnps.workflow.artifacts.out_of_fold import read_out_of_fold
from silentnps.workflow.artifacts.project import Project, per_core
from silentnps.workflow.decisions.trend_rows import EveryCustomer, refuse_other_features
from silentnps.workflow.watch import Watch
from silentnps.workflow.wave_data import in_survey, survey_data

REPLICATES = 12
"""Fits of the bootstrap of each wave's estimate, or fewer if the configuration has fewer."""


@dataclass(frozen=True)
class Customers:
    """Every customer of every wave up to that of the model; `persons` code the customers, one for each row."""

    frame: pd.DataFrame
    persons: Integers
    own: str

    @staticmethod
    def of(project: Project, bundle: Bundle) -> Customers:
        """Read the features that the model was trained on.

        Raises
        ------
        DataError
            If they are missing, of other tables, or of so large a base that earlier waves are not all there.
        """
        if bundle.info.get("silent_sampled", False):
            raise DataError(
                "a backtest must have every customer of the earlier waves; got a base so large that training keeps "
                "samples of them. Backtest a random part of the customers in a project of its own."
            )
        own, frame = str(bundle.info["wave"]), read_features(project)
        frame = frame[frame["wave"] <= own].reset_index(drop=True)
        every = EveryCustomer(frame[list(KEYS)], ())
        for wave, rows in read_out_of_fold(project, bundle).rows.groupby("wave"):
            answered = rows["respondent"].to_numpy(dtype=np.bool_)
            refuse_other_features(every, str(wave), int(answered.sum()), int((~answered).sum()))
        return Customers(frame, pd.factorize(frame["customer_id"])[0].astype(np.int64), own)

    @property
    def classes(self) -> Integers:
        """Return the class of each row, -1 for silent customers."""
        return class_of_rating(self.frame["rating"].to_numpy(dtype=np.float64, na_value=np.nan))

    def rows(self, wave: str, *, answered: bool | None = None) -> Integers:
        """Return the positions of a wave's rows: of all, of those who answered, or of the others."""
        chosen = (self.frame["wave"] == wave).to_numpy()
        if answered is not None:
            chosen = chosen & (self.frame["respondent"].to_numpy(dtype=np.bool_) == answered)
        return np.flatnonzero(chosen)

    def usable(self) -> list[str]:
        """Return the waves that a model can be trained on, and those before it, in the order of time."""
        classes = self.classes
        found = []
        for wave in sorted(map(str, self.frame["wave"].unique())):
            own = classes[self.rows(wave, answered=True)]
            if len(own) >= FEWEST_ANSWERS and len(np.unique(own)) > 1:
                found.append(wave)
        return found

    def pairs(self, newest: int) -> list[tuple[str, str]]:
        """Return the newest pairs of a wave and the one after it, in the order of time.

        Raises
        ------
        DataError
            If there are not two waves with answers enough.
        """
        waves = self.usable()
        if len(waves) < 2:
            raise DataError(
                f"a backtest must have two waves, each with {FEWEST_ANSWERS} answers and more than one class; "
                f"got {len(waves)}. Divide the answers by `waves`, or wait for the next survey."
            )
        return list(pairwise(waves))[-newest:]

    def as_silent(self, bundle: Bundle, rows: Integers) -> Floats:
        """Return the class probabilities of rows as silent customers, shape (n, 3)."""
        invited = self.frame["invited"].to_numpy(dtype=np.bool_)[rows]
        return bundle.silent_probabilities(self._features(bundle, rows), invited)

    def predicted(self, bundle: Bundle, wave: str) -> Predicted:
        """Return the answers of a wave with what a model says of them."""
        rows = self.rows(wave, answered=True)
        probabilities = bundle.respondent_probabilities(self._features(bundle, rows))
        return Predicted(probabilities, self.classes[rows], self.persons[rows])

    def _features(self, bundle: Bundle, rows: Integers) -> pd.DataFrame:
        built = self.frame.iloc[rows].drop(columns=list(KEYS))
        return bundle.complete(built.reset_index(drop=True))


@dataclass(frozen=True)
class AsThen:
    """A wave with the model of its time, learned from answers up to it.

    `answers` are its own, out of fold; None for the wave of the model in use, which is held to none later. `level`
    has the NPS of the survey, the silent customers and the base, as `silentnps.estimation.trend.changes.level_of`
    names them; None where it was not estimated.
    """

    name: str
    bundle: Bundle
    answers: Predicted | None
    level: dict[str, float] | None


def train_as_then(
    project: Project, bundle: Bundle, customers: Customers, pairs: Sequence[tuple[str, str]], watch: Watch
) -> dict[str, AsThen]:
    """Return the waves of pairs by name; waves that are predicted are estimated, too."""
    estimated = {after for _, after in pairs}
    found: dict[str, AsThen] = {}
    for wave in dict.fromkeys(wave for pair in pairs for wave in pair):
        if wave == customers.own:
            found[wave] = AsThen(wave, bundle, None, _level_in_use(project, bundle))
            continue
        replicates = replicates_of(project.config) if wave in estimated else 0
        found[wave] = _trained(project, bundle, customers, wave, replicates, watch)
    return found


def replicates_of(config: ProjectConfig) -> int:
    """Return how many fits of the bootstrap the estimate of an earlier wave gets."""
    return min(REPLICATES, config.estimation.replicates)


def _trained(
    project: Project, bundle: Bundle, customers: Customers, wave: str, replicates: int, watch: Watch
) -> AsThen:
    info = bundle.info
    sizes = project.config.model.model_copy(update={**info["trees"], "folds": info["folds"]})
    config = project.config.model_copy(update={"model": sizes})
    watch.step(f"training on waves up to {wave}")
    up_to = (customers.frame["wave"] <= wave).to_numpy()
    frame = customers.frame[up_to]
    kept = np.flatnonzero(up_to)[in_survey(frame, wave, random_state=config.random_state)]
    rows = bundle.learned.apply(customers.frame.iloc[kept].reset_index(drop=True))
    model = train_earlier_wave(
        survey_data(rows, wave, config.features),
        candidate=str(info["candidate"]),
        config=config,
        learned=bundle.learned,
        replicates=replicates,
        n_jobs=per_core(),
        progress=watch.bar(f"training on waves up to {wave}", n_fits_of(config, replicates)),
    )
    answered = customers.rows(wave, answered=True)
    answers = Predicted(model.out_of_fold, customers.classes[answered], customers.persons[answered])
    return AsThen(wave, model.bundle, answers, _level(model, config.estimation.confidence_level))


def _level(model: EarlierModel, confidence_level: float) -> dict[str, float] | None:
    if model.drawn is None or not model.wave.silent.any():
        return None
    wave = replace(model.wave, segmentations=())
    estimated = EstimatedWave(wave, [repeat.models for repeat in model.repeats], model.drawn)
    return level_of(groups_of_wave(estimated)[ALL], model.drawn.plan, confidence_level=confidence_level)


def _level_in_use(project: Project, bundle: Bundle) -> dict[str, float] | None:
    """Return the level of the wave of the model in use, as its estimate has it."""
    report = read_estimate(project, model_digest=str(bundle.info["out_of_fold_digest"]))
    if report.silent.n == 0:
        return None
    level: dict[str, float] = {"n": report.base.n, "n_silent": report.silent.n}
    for name, of in (("survey", report.respondents), ("silent", report.silent), ("base", report.base)):
        level |= {name: of.value, f"{name}_low": of.low, f"{name}_high": of.high}
    return level
