"""What every model and estimate starts from: feature rows, classes, and the roles of the features."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Number

import numpy as np
import pandas as pd

from silentnps.errors import DataError
from silentnps.numerics.additive_design import is_category
from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.numerics.nps import SILENT
from silentnps.numerics.silent_population import SilentPopulation

FEWEST_ANSWERS = 30
"""With fewer answers no estimate is made."""

FEW_ANSWERS = 200
"""With fewer answers the headline is missing at random, from the ridge logistic alone, with a warning."""

_LARGEST = 1e100


@dataclass(frozen=True)
class FollowUp:
    """Who was called, and what was answered: one row per customer.

    `classes` holds 0, 1, 2, and -1 for customers who were not called or did not answer the call.
    """

    called: Booleans
    classes: Integers

    @property
    def digest(self) -> str:
        """Return a digest of who was called and what was answered."""
        return hashlib.sha256(self.called.tobytes() + self.classes.astype(np.int64).tobytes()).hexdigest()[:16]

    @property
    def n_answered(self) -> int:
        """Return how many calls were answered."""
        return int((self.classes != SILENT).sum())

    def among(self, silent: Booleans) -> FollowUp:
        """Return the rows of the silent customers.

        Raises
        ------
        DataError
            If somebody was called who is not silent.
        """
        n_others = int((self.called & ~silent).sum())
        if n_others:
            raise DataError(
                f"follow_up must be of silent customers of the wave; got {n_others} who are not. Leave them out."
            )
        return FollowUp(self.called[silent], self.classes[silent])


@dataclass(frozen=True)
class SurveyData:
    """Customers of one wave, answered or not, and the answers of earlier waves.

    Attributes
    ----------
    features
        One row per (customer, wave), numeric (float64) or categorical columns.
    classes
        0, 1, 2, or -1 for silent customers, aligned with `features`.
    target
        Rows of the wave that is estimated; the others are answers, which teach the outcome model, and samples of
        silent customers of their waves, which tell how selection drifts.
    invited
        Who was asked; all True where invitations are not recorded.
    persons
        Integer code of the person of each row: folds and bootstrap keep a person together.
    response_drivers, shadow_features
        Names of feature columns by role; columns in neither still serve the trees of the outcome model.
    shadow_families
        Family of a shadow by its name: shadows of a family are tested together.
    reminders
        Reminders sent before each answer of the target rows, in their order, NaN where not recorded; a diagnostic.
    follow_up
        Calls to silent customers of the target rows, in their order.
    demoted
        Families that were declared shadows and count as response drivers because the other shadows contradict them.
    population
        All silent customers of the wave, where the rows hold a sample of them; aligned with the rows.
    waves
        The place of each row's wave in time, aligned with the rows; None where there is one wave.
    """

    features: pd.DataFrame
    classes: Integers
    target: Booleans
    invited: Booleans
    persons: Integers
    response_drivers: tuple[str, ...]
    shadow_features: tuple[str, ...]
    shadow_families: Mapping[str, str] = field(default_factory=dict)
    reminders: Floats | None = None
    follow_up: FollowUp | None = None
    demoted: tuple[str, ...] = ()
    population: SilentPopulation | None = None
    waves: Integers | None = None

    @property
    def answered(self) -> Booleans:
        """Return which rows are answers."""
        return np.asarray(self.classes != SILENT)

    def with_roles(self) -> pd.DataFrame:
        """Return the features that are response drivers or shadows, in their order."""
        roles = {*self.response_drivers, *self.shadow_features}
        return self.features[[name for name in self.features if name in roles]]

    @property
    def n_answers(self) -> int:
        """Return the number of answers in the wave that is estimated."""
        return int((self.answered & self.target).sum())

    @property
    def few_answers(self) -> bool:
        """Say whether the wave has too few answers for a selection model."""
        return self.n_answers < FEW_ANSWERS

    def take(self, rows: Integers) -> SurveyData:
        """Return chosen rows, without what belongs to the whole wave (reminders, calls, population)."""
        return replace(
            self,
            features=self.features.iloc[rows],
            classes=self.classes[rows],
            target=self.target[rows],
            invited=self.invited[rows],
            persons=np.unique(self.persons[rows], return_inverse=True)[1].astype(np.int64),
            reminders=None,
            follow_up=None,
            population=None,
            waves=None if self.waves is None else self.waves[rows],
        )

    def of_wave(self, wave: int) -> SurveyData:
        """Return the same rows with another wave to estimate, by its place in time."""
        return replace(self, target=np.asarray(self.waves == wave), reminders=None, follow_up=None, population=None)

    def with_driver(self, family: str) -> SurveyData:
        """Return the same data with the shadows of a family among the response drivers."""
        moved = {name for name in self.shadow_features if self.shadow_families.get(name, name) == family}
        kept = tuple(name for name in self.shadow_features if name not in moved)
        drivers = tuple(name for name in self.features if name in moved or name in self.response_drivers)
        return replace(self, response_drivers=drivers, shadow_features=kept)

    def as_settled(self, demoted: tuple[str, ...]) -> SurveyData:
        """Return the same data with families among the drivers that training found contradicted."""
        data = self
        for name in demoted:
            data = data.with_driver(name)
        return replace(data, demoted=demoted)

    def check(self) -> None:
        """Raise DataError where no honest estimate can be made."""
        n = self.n_answers
        if n == 0:
            raise DataError(
                "answers of the wave must be at least 30; got none with a valid rating. "
                "Check the table 'responses' and its dates, or choose another wave."
            )
        if n < FEWEST_ANSWERS:
            raise DataError(
                f"answers of the wave must be at least {FEWEST_ANSWERS}; got {n}. "
                "Collect more answers or join waves (waves.period)."
            )
        n_persons = len(np.unique(self.persons[self.answered & self.target]))
        if n_persons < FEWEST_ANSWERS:
            raise DataError(
                f"answers of the wave must be of at least {FEWEST_ANSWERS} persons; got {n_persons}. "
                "Collect answers of more, or check the ids of persons."
            )
        present = np.unique(self.classes[self.answered & self.target])
        if len(present) < 2:
            raise DataError(
                "answers must be of at least two classes (detractor, passive, promoter); got one. "
                "Check the rating column: its scale must be 0-10."
            )
        if self.features.columns.empty:
            raise DataError("features must have at least one column; got none. Pass features, or declare tables.")
        _check_finite(self.features)


def tidy_features(features: pd.DataFrame) -> pd.DataFrame:
    """Return features as float64 and categorical columns: text and booleans become categories."""
    return pd.DataFrame({str(name): _tidy(column) for name, column in features.items()}, index=features.index)


def _tidy(column: pd.Series) -> pd.Series:
    if not is_category(column) or _holds_numbers(column):
        return pd.Series(column.to_numpy(dtype=np.float64, na_value=np.nan), column.index, name=column.name)
    text = column.astype("object").where(column.notna(), None)
    text = text.map(lambda value: None if value is None else str(value))
    return text.astype(pd.CategoricalDtype(sorted(text.dropna().unique())))


def _holds_numbers(column: pd.Series) -> bool:
    """Say whether a column of objects holds numbers alone, such as the decimals of a database."""
    if column.dtype != object:
        return False
    numbers = [isinstance(value, Number) and not isinstance(value, bool | complex) for value in column.dropna()]
    return bool(numbers) and all(numbers)


def _check_finite(features: pd.DataFrame) -> None:
    for name in features.select_dtypes("number"):
        n_infinite = int((np.abs(features[name].to_numpy(dtype=np.float64)) > _LARGEST).sum())
        if n_infinite:
            raise DataError(
                f"feature {str(name)!r} must be finite (below {_LARGEST:g}) or missing; got {n_infinite} infinite "
                "or huge values. "
                "Correct them or exclude the feature (features.exclude)."
            )


def resolve_drivers(
    columns: tuple[str, ...], response_drivers: Sequence[str] | None, shadows: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the response drivers: every column that is not a shadow; declared names must be columns.

    Raises
    ------
    DataError
        If a declared name is no column, or is declared in both roles.
    """
    declared = tuple(response_drivers or ())
    for name in (*declared, *shadows):
        if name not in columns:
            raise DataError(f"a declared feature must be a column of features; got {name!r}. Correct its name.")
    both = sorted(set(declared) & set(shadows))
    if both:
        raise DataError(f"a feature must have one role; got {both[0]!r} as driver and shadow. Choose one.")
    return tuple(name for name in columns if name not in shadows)


def check_invited(invited: pd.Series) -> Booleans:
    """Return who was invited; DataError unless every value is true or false."""
    if not pd.api.types.is_bool_dtype(invited.dtype) or invited.isna().any():
        raise DataError(
            f"invited must be true or false in every row; got {invited.dtype} with {int(invited.isna().sum())} "
            "missing. Fill them, and pass booleans."
        )
    return invited.to_numpy(dtype=np.bool_)


def check_persons(person: pd.Series) -> Integers:
    """Return a code 0, 1, ... of each row's person; DataError where an id is missing."""
    n_missing = int(person.isna().sum())
    if n_missing:
        raise DataError(f"person must have an id in every row; got {n_missing} missing. Give each its own.")
    try:
        return pd.factorize(person)[0].astype(np.int64)
    except TypeError:
        raise DataError(
            "person must have an id in every row, a text or a number; got others. Pass the ids of persons."
        ) from None


def _as_floats(column: pd.Series) -> Floats:
    """Return numbers, or texts that are numbers; TypeError for kinds that only hold numbers inside."""
    kind = column.dtype
    other = (pd.api.types.is_bool_dtype, pd.api.types.is_complex_dtype, pd.api.types.is_datetime64_any_dtype)
    if any(is_kind(kind) for is_kind in other) or pd.api.types.is_timedelta64_dtype(kind):
        raise TypeError
    return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))


def check_ratings(rating: pd.Series) -> Floats:
    """Return ratings as numbers; DataError unless each is a whole number 0-10 or missing."""
    try:
        values = _as_floats(rating)
    except (TypeError, ValueError, OverflowError):
        raise DataError(
            f"ratings must be whole numbers 0-10; got {rating.dtype}. Convert them: pd.to_numeric."
        ) from None
    known = values[~np.isnan(values)]
    bad = (known < 0) | (known > 10) | (known != np.floor(known))
    if bad.any():
        raise DataError(
            f"ratings must be whole numbers 0-10; got {int(bad.sum())} others, first {known[bad][0]:g}. "
            "Correct them or set them to missing."
        )
    return values
