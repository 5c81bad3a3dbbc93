"""What a trend needs of every customer of every wave: who was asked, who answered, and the segments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from silentnps.errors import ConfigError, DataError
from silentnps.estimation.trend.groups import Answers, Group
from silentnps.estimation.trend.wave_groups import ALL, Groups
from silentnps.features.engine.expressions import KEYS
from silentnps.numerics.arrays import Booleans, Integers
from silentnps.numerics.levels import as_text
from silentnps.numerics.segmentation import Segmentation, SilentBySegment, segmentation_of
from silentnps.workflow.artifacts.made_file import MadeFile
from silentnps.workflow.artifacts.project import Project

_KEYS = ("wave", "as_of", "invited", "respondent")


@dataclass(frozen=True)
class EveryCustomer:
    """Every customer of every wave, from the file of features: `_KEYS` and the columns of segments."""

    frame: pd.DataFrame
    by: tuple[str, ...]

    @property
    def waves(self) -> list[str]:
        """Return the waves in the order of time."""
        return sorted(map(str, self.frame["wave"].unique()))

    def of(self, wave: str) -> pd.DataFrame:
        """Return the customers of a wave."""
        return self.frame[self.frame["wave"] == wave]

    def moments(self, wave: str) -> pd.Series:
        """Return when the features of those who answered were taken: the invitation, or just before the answer."""
        rows = self.of(wave)
        return pd.Series(rows.loc[rows["respondent"], "as_of"])

    def n_answers(self, wave: str) -> int:
        """Return how many answered in a wave."""
        return int(self.of(wave)["respondent"].sum())

    def n_silent(self, wave: str) -> tuple[int, int]:
        """Return how many silent customers of a wave were invited, and how many never were."""
        rows = self.of(wave)
        invited = rows.loc[~rows["respondent"], "invited"]
        return int(invited.sum()), int((~invited).sum())

    def segmentations(self, wave: str, held: pd.DataFrame) -> tuple[Segmentation, ...]:
        """Return how the rows of a wave that are held are cut; silent customers are a sample of all of them."""
        rows = self.of(wave)
        silent = rows[~rows["respondent"]]
        return tuple(_cut(held[name], silent[name], silent["invited"].to_numpy(dtype=np.bool_)) for name in self.by)

    def survey_groups(self, wave: str, held: pd.DataFrame, persons: Integers, classes: Integers) -> Groups:
        """Return the groups of a wave whose silent customers are not estimated.

        `held` are its rows of the training, `persons` and `classes` belong to them.
        """
        rows, answered = self.of(wave), classes >= 0
        groups: Groups = {ALL: _counted(rows, answered, persons, classes)}
        for name in self.by:
            of_rows, of_held = (as_text(frame[name]).to_numpy() for frame in (rows, held))
            for segment in sorted(set(of_rows)):
                chosen = answered & (of_held == segment)
                groups[name, str(segment)] = _counted(rows[of_rows == segment], chosen, persons, classes)
        return groups


def _counted(rows: pd.DataFrame, chosen: Booleans, persons: Integers, classes: Integers) -> Group:
    return Group(len(rows), int(rows["invited"].sum()), Answers(persons[chosen], classes[chosen]), None)


def read_every_customer(project: Project, by: Sequence[str]) -> EveryCustomer:
    """Return every customer of every wave.

    Raises
    ------
    ConfigError
        If a segmentation is no column of the features.
    DataError
        If the features are missing or damaged.
    """
    made = MadeFile(project.features, "train")
    with made.reading():
        columns = _columns(project)
    for name in by:
        if name not in columns or name in KEYS:
            known = ", ".join(column for column in columns if column not in KEYS)
            raise ConfigError(f"--by must be a column of features.parquet; got {name!r}. Choose among: {known}.")
    with made.reading():
        frame = pd.read_parquet(made.path, columns=list(dict.fromkeys((*_KEYS, *by))))
    return EveryCustomer(frame, tuple(by))


def _columns(project: Project) -> list[str]:
    import pyarrow.dataset as ds

    return [str(name) for name in ds.dataset(project.features, format="parquet").schema.names]


def refuse_other_features(everybody: EveryCustomer, wave: str, n_answers: int, n_held: int) -> None:
    """Raise DataError if the features of a wave are not those of the training."""
    n_silent = sum(everybody.n_silent(wave))
    if everybody.n_answers(wave) != n_answers or n_silent < n_held:
        raise DataError(
            f"features.parquet must have the features of the training; got others of wave {wave}. Run "
            "`silentnps train` again."
        )


def _cut(held: pd.Series, silent: pd.Series, invited: Booleans) -> Segmentation:
    of_held, of_silent = segmentation_of(held), segmentation_of(silent)
    labels = tuple(sorted({*of_held.labels, *of_silent.labels}))
    place = {label: code for code, label in enumerate(labels)}
    codes = np.array([place[label] for label in of_silent.labels], dtype=np.int64)[of_silent.codes]
    n = np.array([np.bincount(codes[group], minlength=len(labels)) for group in (invited, ~invited)])
    recoded = np.array([place[label] for label in of_held.labels], dtype=np.int64)[of_held.codes]
    known = SilentBySegment(n, np.zeros(n.shape))
    return replace(of_held, codes=recoded, labels=labels, everybody=known)
