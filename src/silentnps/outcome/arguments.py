"""What is passed to `estimate_nps` is of its kind, or an error says what to pass instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import wraps
from typing import Any, NoReturn, ParamSpec, TypeVar

import numpy as np
import pandas as pd

from silentnps.errors import DataError

_MOST_STATE = 2**32

_P = ParamSpec("_P")
_R = TypeVar("_R")


def renamed_arguments(**new_names: str) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Decorate a function so that an old name of an argument raises TypeError with the new name.

    `new_names` maps old names to new ones.
    """

    def decorate(function: Callable[_P, _R]) -> Callable[_P, _R]:
        @wraps(function)
        def call(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            for old, new in new_names.items():
                if old in kwargs:
                    raise TypeError(f"{function.__name__}() has no argument {old!r}: it is now {new!r}.")
            return function(*args, **kwargs)

        return call

    return decorate


def check_arguments(
    features: object,
    series: Mapping[str, object],
    *,
    segments: object,
    names: Mapping[str, object],
    random_state: object,
) -> None:
    """Raise DataError unless `features` is a frame, each of `series` a series, each of `names` a list of names.

    None stands for what was not passed, except in `features`, `random_state` and the rating.
    """
    if not isinstance(features, pd.DataFrame):
        _refuse("features", "a pandas DataFrame", features, _as_frame(features))
    for name, value in series.items():
        if not isinstance(value, pd.Series) and not (value is None and name != "rating"):
            _refuse(name, "a pandas Series", value, f"Pass pd.Series({name}, index=features.index).")
    if segments is not None and not isinstance(segments, pd.DataFrame | pd.Series):
        _refuse("segments", "a pandas DataFrame or Series", segments, "Pass columns with the index of features.")
    for name, value in names.items():
        if value is not None and not _is_list_of_names(value):
            _refuse(name, "a list of names of columns", value, f"Pass {name}=['one', 'other'].")
    _check_state(random_state)
    _check_columns("features", features)
    if isinstance(segments, pd.DataFrame):
        _check_columns("segments", segments, only_plain=False)


def _check_columns(argument: str, frame: pd.DataFrame, *, only_plain: bool = True) -> None:
    if frame.columns.nlevels > 1:
        raise DataError(
            f"{argument} must have one name for each column; got {frame.columns.nlevels} levels of names."
            " Join them: frame.columns.map('_'.join)."
        )
    for at, name in enumerate(frame.columns):
        kind = frame.dtypes.iloc[at]
        if only_plain and _is_foreign(kind):
            raise DataError(
                f"feature {str(name)!r} must hold numbers, text, true and false, or categories; got {kind}."
                " Convert it, or leave it out."
            )


def _is_foreign(kind: Any) -> bool:
    """Say whether values of a type are neither numbers nor levels: moments would be as many levels as customers."""
    if isinstance(kind, pd.SparseDtype | pd.PeriodDtype) or pd.api.types.is_complex_dtype(kind):
        return True
    return pd.api.types.is_datetime64_any_dtype(kind) or pd.api.types.is_timedelta64_dtype(kind)


def _is_list_of_names(value: object) -> bool:
    if isinstance(value, str | bytes) or not isinstance(value, Sequence | AbstractSet | pd.Index):
        return False
    return all(isinstance(each, str) for each in value)


def _check_state(random_state: object) -> None:
    is_whole = isinstance(random_state, int | np.integer) and not isinstance(random_state, bool)
    if not is_whole or not 0 <= int(random_state) < _MOST_STATE:  # type: ignore[call-overload]
        raise DataError(
            f"random_state must be a whole number from 0 to {_MOST_STATE - 1}; got"
            f" {random_state if is_whole and abs(int(random_state)) < 10**20 else type(random_state).__name__}."  # type: ignore[call-overload]
            " Pass another one."
        )


def _as_frame(value: object) -> str:
    if hasattr(value, "to_pandas"):
        return "Pass features.to_pandas()."
    if isinstance(value, pd.Series):
        return "Pass features.to_frame()."
    return "Pass pd.DataFrame(features, columns=[...], index=...), with a name for each column."


def _refuse(name: str, rule: str, value: object, cure: str) -> NoReturn:
    kind = type(value)
    where = "" if kind.__module__ == "builtins" else f"{kind.__module__.split('.')[0]}."
    raise DataError(f"{name} must be {rule}; got {where}{kind.__name__}. {cure}")
