"""Features learned from the base: fitted once, stored in the trained model, applied wherever the model is used."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from silentnps.errors import ModelError
from silentnps.features.catalog import CATALOG, Feature, feature
from silentnps.features.learned.lifetime import LifetimeParameters, expected_orders, fit_lifetime, probability_alive
from silentnps.features.learned.percentiles import Percentiles, fit_percentiles, percentiles_from_dict
from silentnps.features.learned.spending import SpendingParameters, expected_amount, fit_spending
from silentnps.numerics.arrays import Booleans, Floats

_HISTORY = ("orders_repeat_days", "orders_recency_days", "orders_age_days")
_SPENDING_INPUTS = ("orders_repeat_days", "orders_repeat_amount_mean")

_orders_feature = partial(feature, "orders", role="response driver")
_lifetime_feature = partial(_orders_feature, family="lifetime", models=("lifetime",), inputs=_HISTORY)
_amount_feature = partial(
    _orders_feature,
    role="neither",
    family="lifetime",
    unit="currency",
    models=("lifetime", "spending"),
    inputs=(*_HISTORY, "orders_repeat_amount_mean"),
)


@_lifetime_feature(unit="probability", words="probability to be a customer still")
def lifetime_probability_alive(features: pd.DataFrame, lifetime: LifetimeParameters) -> Floats:
    """Probability that the customer has not left for good, by BG/NBD."""
    return probability_alive(lifetime, *_columns(features, _HISTORY))


@_lifetime_feature(role="neither", unit="days with an order", words="orders expected in the next 90 days")
def lifetime_expected_orders_90d(features: pd.DataFrame, lifetime: LifetimeParameters) -> Floats:
    """Days with an order that are expected in the 90 days after as_of, by BG/NBD."""
    return expected_orders(lifetime, *_columns(features, _HISTORY), days=90.0)


@_lifetime_feature(unit="days with an order", words="orders expected in the next year")
def lifetime_expected_orders_365d(features: pd.DataFrame, lifetime: LifetimeParameters) -> Floats:
    """Days with an order that are expected in the 365 days after as_of, by BG/NBD."""
    return expected_orders(lifetime, *_columns(features, _HISTORY), days=365.0)


@_amount_feature(words="spend expected in the next 90 days")
def lifetime_expected_amount_90d(
    features: pd.DataFrame, lifetime: LifetimeParameters, spending: SpendingParameters
) -> Floats:
    """Spend expected in the 90 days after as_of: days with an order by BG/NBD, their amount by Gamma-Gamma."""
    return _expected_orders(features, lifetime, "lifetime_expected_orders_90d") * _expected_amount(
        features, spending
    )


@_amount_feature(words="spend expected in the next year")
def lifetime_expected_amount_365d(
    features: pd.DataFrame, lifetime: LifetimeParameters, spending: SpendingParameters
) -> Floats:
    """Spend expected in the 365 days after as_of: days with an order by BG/NBD, their amount by Gamma-Gamma."""
    return _expected_orders(features, lifetime, "lifetime_expected_orders_365d") * _expected_amount(
        features, spending
    )


@_orders_feature(
    role="neither",
    family="monetary",
    unit="share",
    models=("percentiles",),
    inputs=("orders_average_amount",),
    words="average order value against other customers'",
)
def orders_average_amount_percentile(features: pd.DataFrame, percentiles: Percentiles) -> Floats:
    """Share of the base, or of the customer's segment of it, with a lower average order value; ties count half."""
    return percentiles.apply(features["orders_average_amount"].to_numpy(dtype=np.float64), features)


LEARNED_FEATURES = tuple(name for name, entry in CATALOG.items() if entry.learned)
"""Names of the learned features; all are computed from the order history."""


@dataclass(frozen=True)
class LearnedFeatures:
    """The fitted models behind the learned features; None where nothing could be learned, `notes` say why.

    `exclude` are the learned features to leave out.
    """

    lifetime: LifetimeParameters | None = None
    spending: SpendingParameters | None = None
    percentiles: Percentiles | None = None
    exclude: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The features that `apply` adds, in the order of the catalogue."""
        return tuple(
            name
            for name in LEARNED_FEATURES
            if name not in self.exclude and all(getattr(self, model) for model in CATALOG[name].models)
        )

    def apply(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the features with the learned columns computed wherever they are absent or empty.

        Values that are already there stay as they are. One row per row of `features`.

        Raises
        ------
        ModelError
            If a column from which learned features are computed is missing.
        """
        to_compute = {
            name: rows
            for name in self.names
            if (rows := _rows_without(features, name)).any() or name not in features
        }
        for name in to_compute:
            self._check_inputs(CATALOG[name], features)
        completed = features.copy(deep=False)
        for name, rows in to_compute.items():  # in order: later ones use earlier ones
            completed[name] = self._filled(CATALOG[name], completed, rows)
        return completed if to_compute else features

    def _filled(self, feature: Feature, features: pd.DataFrame, rows: Booleans) -> Floats:
        if rows.all():
            return self._values(feature, features)
        values = features[feature.name].to_numpy(dtype=np.float64, na_value=np.nan, copy=True)
        values[rows] = self._values(feature, features[rows])
        return values

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that JSON can hold."""
        return asdict(self)

    @staticmethod
    def from_dict(values: dict[str, Any]) -> LearnedFeatures:
        """Rebuild from the values of `to_dict`, also after a round trip through JSON."""
        lifetime, spending, percentiles = (values[name] for name in _FITS)
        return LearnedFeatures(
            lifetime=None if lifetime is None else LifetimeParameters(**lifetime),
            spending=None if spending is None else SpendingParameters(**spending),
            percentiles=None if percentiles is None else percentiles_from_dict(percentiles),
            exclude=tuple(values["exclude"]),
            notes=tuple(values["notes"]),
        )

    def _values(self, feature: Feature, features: pd.DataFrame) -> Floats:
        values: Floats = feature.function(features, *(getattr(self, model) for model in feature.models))
        return values

    def _check_inputs(self, feature: Feature, features: pd.DataFrame) -> None:
        inputs = [*feature.inputs]
        if "percentiles" in feature.models and self.percentiles and self.percentiles.segment:
            inputs.append(self.percentiles.segment)
        missing = [name for name in inputs if name not in features]
        if missing:
            raise ModelError(
                f"features must have the column {missing[0]!r} for the {feature.family} features; got none. "
                "Build the features from the tables that the model was trained on."
            )


def fit_learned(
    features: pd.DataFrame,
    *,
    random_state: int,
    exclude: Collection[str] = (),
    percentile_segment: str | None = None,
) -> LearnedFeatures:
    """Fit the models of the learned features to the rows of the earliest training wave.

    A model whose features are all excluded, or whose inputs are not among the columns, is not fitted. A model that
    cannot be fitted, for instance because nobody ordered twice, gives no features and a note.
    """
    columns = set(features.columns)
    wanted = [CATALOG[name] for name in LEARNED_FEATURES if name not in exclude]
    needed = {model for entry in wanted if set(entry.inputs) <= columns for model in entry.models}
    models: dict[str, Any] = {}
    notes = []
    for name, fit in _FITS.items():
        if name in needed:
            try:
                models[name] = fit(features, random_state, percentile_segment)
            except ModelError as error:
                notes.append(str(error))
    excluded = tuple(name for name in LEARNED_FEATURES if name in exclude)
    return LearnedFeatures(**models, exclude=excluded, notes=tuple(notes))


_Fit: TypeAlias = Callable[[pd.DataFrame, int, str | None], LifetimeParameters | SpendingParameters | Percentiles]


def _fit_lifetime(features: pd.DataFrame, random_state: int, _: str | None) -> LifetimeParameters:
    return fit_lifetime(*_columns(features, _HISTORY), rng=np.random.default_rng(random_state))


def _fit_spending(features: pd.DataFrame, random_state: int, _: str | None) -> SpendingParameters:
    return fit_spending(*_columns(features, _SPENDING_INPUTS), rng=np.random.default_rng(random_state))


def _fit_percentiles(features: pd.DataFrame, _: int, segment: str | None) -> Percentiles:
    amounts = features["orders_average_amount"].to_numpy(dtype=np.float64)
    return fit_percentiles(amounts, features, segment=segment)


_FITS: dict[str, _Fit] = {
    "lifetime": _fit_lifetime,
    "spending": _fit_spending,
    "percentiles": _fit_percentiles,
}


def _rows_without(features: pd.DataFrame, name: str) -> Booleans:
    """Return a mask of the rows in which a column has no value: all of them if there is no such column."""
    return features[name].isna().to_numpy() if name in features else np.ones(len(features), dtype=np.bool_)


def _expected_orders(features: pd.DataFrame, lifetime: LifetimeParameters, name: str) -> Floats:
    """Return the expected orders: the column, or its values computed where the column was left out."""
    if name in features:
        return features[name].to_numpy(dtype=np.float64)
    values: Floats = CATALOG[name].function(features, lifetime)
    return values


def _expected_amount(features: pd.DataFrame, spending: SpendingParameters) -> Floats:
    return expected_amount(spending, *_columns(features, _SPENDING_INPUTS))


def _columns(features: pd.DataFrame, names: Collection[str]) -> list[Floats]:
    return [features[name].to_numpy(dtype=np.float64) for name in names]
