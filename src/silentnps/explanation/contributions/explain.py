"""Contributions of features to the expected NPS of silent customers, adding up to the written score."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from silentnps.bundle.bundle import Bundle
from silentnps.explanation.contributions.margins import (
    Background,
    EncodedRows,
    margin_contributions,
    mean_background,
)
from silentnps.explanation.contributions.score_function import ScoreFunction
from silentnps.numerics.arrays import Booleans, Floats

NEVER_INVITED = "never invited"
"""Column of the contribution of never having been invited, all else equal."""


@dataclass(frozen=True)
class Explanation:
    """Scores of silent customers and the contributions that make them up, in NPS points.

    `base_value + contributions.sum(axis=1)` is `expected_nps`, shape (n,), to 1e-6. `base_value` is the score of an
    invited silent customer at the mean margins of the background (not the mean score). `contributions` has the
    index of the features and one column per feature, and one for `NEVER_INVITED` where there are such customers.
    `topics` are those of the background.
    """

    base_value: float
    contributions: pd.DataFrame
    expected_nps: Floats
    topics: Mapping[str, str] = field(default_factory=dict)


def compute_background(bundle: Bundle, features: pd.DataFrame, *, chunk_rows: int = 20_000) -> Background:
    """Return a background to explain against, so that scores written in batches share the same base value."""
    return mean_background([margin_contributions(bundle, rows) for rows in encode(bundle, features, chunk_rows)])


def explain(
    bundle: Bundle,
    features: pd.DataFrame,
    invited: Booleans | None = None,
    *,
    background: pd.DataFrame | Background | None = None,
    encoded: Iterable[EncodedRows] | None = None,
    chunk_rows: int = 20_000,
) -> Explanation:
    """Explain the scores that `bundle.silent_probabilities` gives.

    A feature's contributions to the margins, less their means over the background, are multiplied by the mean
    slope of the score along the straight line from the mean margins to those of the customer. This is how Aumann
    and Shapley (1974) share out a smooth function, as do integrated gradients (Sundararajan, Taly and Yan 2017).

    Parameters
    ----------
    features
        One row per silent customer, with the learned columns.
    invited
        Who was invited, shape (n,); everybody if absent.
    background
        The customers that scores are compared with; those in `features` if absent.
    encoded
        `features` as `encode` returns them, where a model that reads rows alike has encoded them already.
    chunk_rows
        Rows at a time; the result does not depend on it.

    Notes
    -----
    A contribution is an association within the model, not an effect. Trees are explained as they are on the rows
    that reached each leaf in training, so correlated features share their contributions.
    """
    asked = np.ones(len(features), dtype=np.bool_) if invited is None else np.asarray(invited, dtype=np.bool_)
    rows = encode(bundle, features, chunk_rows) if encoded is None else encoded
    chunks: Iterable[Floats] = (margin_contributions(bundle, chunk) for chunk in rows)
    if background is None:
        chunks = list(chunks)
        background = mean_background(chunks)
    elif isinstance(background, pd.DataFrame):
        background = compute_background(bundle, background, chunk_rows=chunk_rows)
    return _explain_chunks(bundle, features.index, chunks, asked, background)


def encode(bundle: Bundle, features: pd.DataFrame, chunk_rows: int = 20_000) -> Iterator[EncodedRows]:
    """Yield built features with the learned columns as a model reads them, so many rows at a time."""
    for start in range(0, len(features), chunk_rows):
        yield EncodedRows(bundle, features.iloc[start : start + chunk_rows])


def _explain_chunks(
    bundle: Bundle, index: pd.Index, chunks: Iterable[Floats], invited: Booleans, background: Background
) -> Explanation:
    score, origin = ScoreFunction(bundle.selection.gamma, bundle.step), background.margins
    columns = list(bundle.code_book.columns)
    points, expected = [np.zeros((0, len(columns)))], [np.zeros(0)]
    start = 0
    for chunk in chunks:
        asked = invited[start : start + len(chunk)]
        start += len(chunk)
        change = chunk[:, :-1] - background.contributions[:-1]
        margins = origin + change.sum(axis=1)
        points.append(np.einsum("nfk,nk->nf", change, score.mean_gradient(origin, margins, asked)))
        expected.append(score.expected_nps(margins, asked))
    contributions = pd.DataFrame(np.vstack(points), index=index, columns=columns)
    base, never = score.expected_nps(np.vstack([origin, origin]), np.array([True, False]))
    if not invited.all():
        contributions[NEVER_INVITED] = np.where(invited, 0.0, never - base)
    return Explanation(float(base), contributions, np.concatenate(expected), background.topics)
