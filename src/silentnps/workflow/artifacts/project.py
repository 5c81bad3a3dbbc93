"""Where a project's files are."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar, cast

from silentnps.config import ProjectConfig
from silentnps.errors import DataError
from silentnps.storage.keyed_hash import key_of_file, key_of_variable
from silentnps.storage.lock import write_lock

_Options = ParamSpec("_Options")
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Project:
    """A configuration and the paths of all files made from it."""

    config: ProjectConfig

    def with_learning_curve(self) -> Project:
        """Return the same project, with a learning curve in every training."""
        model = self.config.model.model_copy(update={"learning_curve": True})
        return Project(self.config.model_copy(update={"model": model}))

    @property
    def output(self) -> Path:
        """Return the folder of all results."""
        return self.config.output

    @property
    def features(self) -> Path:
        """Return the file of built features, one row per (customer, wave)."""
        return self.output / "features.parquet"

    @property
    def features_as_of(self) -> Path:
        """Return the file of features of the whole base at one moment, one row per customer."""
        return self.output / "features_as_of.parquet"

    @property
    def features_digest(self) -> Path:
        """Return the file in which the digest of the features' file is noted."""
        return self.output / "features.digest.json"

    @property
    def findings(self) -> Path:
        """Return the report of the checks of the tables."""
        return self.output / "validation.csv"

    @property
    def link(self) -> Path:
        """Return the report of which rows match a customer."""
        return self.output / "link.csv"

    @property
    def validation_page(self) -> Path:
        """Return the page of the checks of the tables."""
        return self.output / "validation.html"

    @property
    def validation_json(self) -> Path:
        """Return what the page of the checks tells, for programs."""
        return self.output / "validation.json"

    @property
    def leak_audit(self) -> Path:
        """Return the file with the result of the leak audit for each feature."""
        return self.output / "leak_audit.csv"

    @property
    def model(self) -> Path:
        """Return the folder of the bundle."""
        return self.output / "model"

    @property
    def out_of_fold(self) -> Path:
        """Return the folder of what training hands to the estimate."""
        return self.output / "out_of_fold"

    @property
    def every_silent(self) -> Path:
        """Return the folder with the probabilities of every silent customer of a large base."""
        return self.output / "silent"

    @property
    def estimate(self) -> Path:
        """Return the folder of the estimate: estimate.json, by_assumption.csv, segments.csv, sensitivity.csv."""
        return self.output / "estimate"

    @property
    def segment_steps(self) -> Path:
        """Return the file of the steps by which scores add up inside segments, beside the estimate."""
        return self.estimate / "segment_steps.json"

    @property
    def reasons(self) -> Path:
        """Return the folder with the reasons of a training's scores."""
        return self.output / "reasons"

    @property
    def model_card(self) -> Path:
        """Return the model card."""
        return self.output / "model_card.md"

    @property
    def drivers(self) -> Path:
        """Return the folder with the tables of key drivers: for all, by group and segment, what-ifs."""
        return self.output / "drivers"

    @property
    def trend(self) -> Path:
        """Return the folder of the trend: trend.json, levels.csv, changes.csv, why.csv."""
        return self.output / "trend"

    @property
    def backtest(self) -> Path:
        """Return the folder of the last backtest: backtest.json, backtest.html and its tables."""
        return self.output / "backtest"

    @property
    def scores(self) -> Path:
        """Return the folder of the scores."""
        return self.output / "scores"

    @property
    def scores_as_of(self) -> Path:
        """Return the folder of the scores of the whole base at one moment, which add up to no estimate."""
        return self.output / "scores_as_of"

    @property
    def at_risk(self) -> Path:
        """Return the list of the silent customers who are most likely detractors."""
        return self.output / "at_risk.csv"

    @property
    def at_risk_as_of(self) -> Path:
        """Return the same list of the whole base at one moment."""
        return self.output / "at_risk_as_of.csv"

    @property
    def comparison(self) -> Path:
        """Return the folder of the last comparison: compare.json and its tables."""
        return self.output / "compare"

    @property
    def report(self) -> Path:
        """Return the report."""
        return self.output / "report.html"

    @property
    def monitor(self) -> Path:
        """Return the folder of the last monitoring: monitor.json, monitor.html, features.csv."""
        return self.output / "monitor"

    def picture_of(self, customer_id: str) -> Path:
        """Return the picture of the reasons of a customer's score."""
        return self.output / "explained" / f"{_file_name(customer_id)}.png"

    def impact_of(self, campaign_id: str) -> Path:
        """Return the folder of the impact of a campaign: effects.csv, balance.csv, impact.json."""
        return self.output / "impact" / _file_name(campaign_id)

    @property
    def hash_key(self) -> bytes:
        """Return the key of hashed ids: of the environment variable of the configuration, else of privacy.key.

        Raises
        ------
        ConfigError, DataError
            If the variable, or the file, does not hold a key.
        """
        variable = self.config.privacy.key_variable
        return key_of_variable(variable) if variable else key_of_file(self.output / "privacy.key")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only process that writes into the output folder, for the duration of the block.

        Raises
        ------
        DataError
            If another process writes there, or the folder cannot be made.
        """
        self.prepare_output()
        with write_lock(self.output, lock=self.output / "project.lock"):
            yield

    def prepare_output(self) -> None:
        """Make the output folder.

        Raises
        ------
        DataError
            If it cannot be made.
        """
        try:
            self.output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError(f"{self.output} cannot be made ({error.strerror}). Choose another `output`.") from None


def _file_name(an_id: str) -> str:
    """Return an id as the name of a file: unchanged if it is plain, else without what is not, and with a mark."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", an_id)[:60]
    mark = "" if plain == an_id else f"-{hashlib.sha256(an_id.encode()).hexdigest()[:8]}"
    return f"{plain}{mark}"


def one_at_a_time(
    step: Callable[Concatenate[Project, _Options], _Result],
) -> Callable[Concatenate[Project, _Options], _Result]:
    """Let a step of a project run only while no other process writes into the same output folder."""

    @wraps(step)
    def alone_in_output(project: Project, *args: _Options.args, **options: _Options.kwargs) -> _Result:
        with project.writing():
            return step(project, *args, **options)

    return cast(Callable[Concatenate[Project, _Options], _Result], alone_in_output)


def per_core() -> int:
    """Return the number of processes to run at a time: one per core."""
    return os.cpu_count() or 1
