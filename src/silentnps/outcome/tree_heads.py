"""Binary LightGBM heads, one for each threshold between ordered classes, and class probabilities from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from silentnps.numerics.arrays import Floats, Integers
from silentnps.outcome.early_stopping import Stopping
from silentnps.outcome.kept_trees import KeptTrees

if TYPE_CHECKING:
    import lightgbm

Booster: TypeAlias = "lightgbm.Booster | KeptTrees"
Head: TypeAlias = "Booster | float"
Heads: TypeAlias = "list[Head]"
"""One booster for each threshold; a number is the constant margin of a head that saw one class only."""

_SMALLEST = 1e-10
"""No class is impossible: a step must be able to reach every share."""


def fit_heads(
    matrix: Floats,
    classes: Integers,
    weights: Floats | None,
    *,
    n_heads: int,
    categorical: list[int],
    rounds: int,
    params: dict[str, Any],
    stopping: Stopping | None = None,
) -> Heads:
    """Fit one booster for each threshold; a head with one class only becomes its smoothed log odds."""
    counts = np.ones(len(classes)) if weights is None else weights
    rows = np.flatnonzero(counts > 0)
    binned = bin_rows(matrix[rows], categorical=categorical, params=params)
    classes, counts, all_rows = classes[rows], counts[rows], np.arange(len(rows))
    shape: dict[str, Any] = {"n_heads": n_heads, "params": params}
    limits = [rounds] * n_heads
    if stopping is not None:
        limits = stopping.rounds_of_heads(binned, classes, counts, rounds=rounds, **shape)
    heads = fit_binned_heads(binned, all_rows, classes, counts, rounds=limits, **shape)
    return [without_data(head) for head in heads]


def bin_rows(matrix: Floats, *, categorical: list[int], params: dict[str, Any]) -> lightgbm.Dataset:
    """Return a matrix in bins, of whose rows many heads can be fitted."""
    import lightgbm  # heavy, and what only reads a model does not fit

    # the filter would leave out features by the rows of one fit
    params = {**params, "feature_pre_filter": False}
    return lightgbm.Dataset(matrix, categorical_feature=categorical, params=params).construct()


def fit_binned_heads(
    binned: lightgbm.Dataset,
    rows: Integers,
    classes: Integers,
    weights: Floats,
    *,
    n_heads: int,
    rounds: int | Sequence[int],
    params: dict[str, Any],
) -> Heads:
    """Fit the heads on chosen, sorted rows of a binned matrix; `classes` and `weights` belong to these rows.

    `rounds` may differ by head. The boosters still hold their data: they are to be used at once, not kept.
    """
    import lightgbm

    dataset = binned.subset(rows).construct().set_weight(weights)
    heads: Heads = []
    for k in range(n_heads):
        above = (classes > k).astype(np.float64)
        if above.min() == above.max():
            heads.append(float(np.log((above.sum() + 0.5) / (len(above) - above.sum() + 0.5))))
            continue
        # a head that is done no longer needs its labels
        booster = lightgbm.Booster(params, train_set=dataset.set_label(above))
        for _ in range(rounds if isinstance(rounds, int) else rounds[k]):
            booster.update()
        heads.append(booster)
    return heads


def without_data(head: Head) -> Head:
    """Return a head that no longer holds the data that it was fitted on."""
    if isinstance(head, float | KeptTrees):
        return head
    return head.model_from_string(head.model_to_string()).free_dataset()


def head_margins(heads: Heads, matrix: Floats) -> Floats:
    """Return the margins of heads, shape (n, number of heads)."""
    columns = [
        np.full(len(matrix), head)
        if isinstance(head, float)
        else head.predict(matrix, raw_score=True, num_threads=1)
        for head in heads
    ]
    return np.column_stack(columns) if columns else np.zeros((len(matrix), 0))


def probabilities_of_heads(heads: Floats) -> Floats:
    """Return class probabilities from P(class >= k), shape (n, K - 1) to (n, K).

    Heads that cross take their mean: the decreasing isotonic regression by its min-max formula (Robertson,
    Wright and Dykstra 1988, theorem 1.4.4), which keeps the sum of heads, so the expected class.
    """
    n_heads = heads.shape[1]
    if n_heads == 2:
        mean = heads.mean(axis=1)
        ordered = [np.maximum(heads[:, 0], mean), np.minimum(heads[:, 1], mean)]
    else:
        ordered = [
            np.min(
                [
                    np.max([heads[:, k : j + 1].mean(axis=1) for j in range(i, n_heads)], axis=0)
                    for k in range(i + 1)
                ],
                axis=0,
            )
            for i in range(n_heads)
        ]
    above = np.column_stack([np.ones(len(heads)), *ordered, np.zeros(len(heads))])
    return np.asarray((above[:, :-1] - above[:, 1:] + _SMALLEST) / (1.0 + (n_heads + 1) * _SMALLEST))
