"""Scores of a frame of customers: one fixed schema for files and for the served model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from silentnps.bundle.bundle import Bundle, expected_nps
from silentnps.bundle.segment_steps import NO_SEGMENT_STEPS, SegmentSteps
from silentnps.explanation.contributions.explain import explain
from silentnps.explanation.contributions.margins import Background
from silentnps.explanation.reasons import REASONS, reasons_in_words
from silentnps.numerics.arrays import Booleans, Floats
from silentnps.numerics.nps import CLASS_VALUES, class_of_rating
from silentnps.schema import NPS_CLASSES

PROBABILITIES = tuple(f"p_{name}" for name in NPS_CLASSES)
UNCERTAIN = "uncertain"
"""The band of customers whose class is not clear."""

IF_RESPONDENT = tuple(f"{name}_if_respondent" for name in PROBABILITIES)

SCORE_COLUMNS = (
    "customer_id",
    "wave",
    "as_of",
    "source",
    *PROBABILITIES,
    *IF_RESPONDENT,
    "expected_nps",
    "nps_class",
    "nps_band",
    *REASONS,
)
"""The columns of the scores, in their order; those that add up inside segmentations follow."""


def predict(bundle: Bundle, features: pd.DataFrame, invited: Booleans) -> pd.DataFrame:
    """Return p_*, p_*_if_respondent, expected_nps (points), nps_class, nps_band of each row as a silent customer.

    `nps_band` is the class, or `uncertain` where its probability is below the limit of the configuration.
    """
    complete = bundle.complete(features)
    respondent = bundle.respondent_probabilities(complete)
    silent = bundle.silent_of_respondent(respondent, complete, invited)
    expected = expected_nps(silent)
    columns: dict[str, Any] = dict(zip(PROBABILITIES, silent.T, strict=True))
    columns |= dict(zip(IF_RESPONDENT, respondent.T, strict=True))
    columns["expected_nps"] = expected
    codes = bundle.labels.codes(silent)
    columns["nps_class"] = [NPS_CLASSES[code] for code in codes]
    columns["nps_band"] = np.where(bundle.labels.uncertain(silent, codes), UNCERTAIN, columns["nps_class"])
    return pd.DataFrame(columns, index=features.index)


def score_frame(
    bundle: Bundle,
    frame: pd.DataFrame,
    *,
    background: Background | None = None,
    reasons: int = 0,
    segment_steps: SegmentSteps = NO_SEGMENT_STEPS,
) -> pd.DataFrame:
    """Return the scores of built features, one row each, columns `SCORE_COLUMNS` and those of `segment_steps`.

    A respondent of the wave (`source` survey) has the expected NPS and class of their rating; everybody else
    (`source` model) those of the model. p_* are of a silent customer with these features, p_*_if_respondent of
    one who answers. `reasons` is how many reasons for and against are given, compared with `background`; a
    respondent has none. The columns of `segment_steps` hold the expected NPS, moved so that its mean over the
    silent customers of a segment is the estimate of that segment; of a respondent that of their rating.

    Examples
    --------
    After `silentnps train` the output has the features of every wave, and the model:

    >>> from pathlib import Path
    >>> import silentnps
    >>> features = pd.read_parquet("out/features.parquet")  # doctest: +SKIP
    >>> scores = silentnps.score(silentnps.load_bundle(Path("out/model")), features)  # doctest: +SKIP
    >>> len(scores) == len(features)  # doctest: +SKIP
    True
    >>> scores[["p_detractor", "p_passive", "p_promoter"]].sum(axis=1).round(9).unique().tolist()  # doctest: +SKIP
    [1.0]
    """
    scores = predict(bundle, frame, frame["invited"].to_numpy(dtype=np.bool_))
    classes = class_of_rating(frame["rating"].to_numpy(dtype=np.float64, na_value=np.nan))
    answered = classes >= 0
    scores["source"] = np.where(answered, "survey", "model")
    expected = scores["expected_nps"].to_numpy(dtype=np.float64)
    moved = _moved_by_segment(bundle, frame, segment_steps, expected)
    for name, values in {"expected_nps": expected, **moved}.items():
        scores[name] = np.where(answered, CLASS_VALUES[classes], values)
    for name in ("nps_class", "nps_band"):
        scores[name] = np.where(answered, np.array(NPS_CLASSES)[classes], scores[name])
    for name in ("customer_id", "wave", "as_of"):
        scores[name] = frame[name]
    for name in REASONS:
        scores[name] = ""
    if reasons and background is not None and not answered.all():
        texts = _reasons(bundle, frame[~answered], background, reasons)
        scores.loc[~answered, list(REASONS)] = texts.to_numpy()
    return scores[[*SCORE_COLUMNS, *segment_steps.columns]]


def _moved_by_segment(
    bundle: Bundle, frame: pd.DataFrame, segment_steps: SegmentSteps, expected: Floats
) -> dict[str, Floats]:
    known = set(segment_steps.steps) <= set(frame.columns)
    return segment_steps.scores(frame if known else bundle.complete(frame), expected)  # a learned column cuts too


def _reasons(bundle: Bundle, frame: pd.DataFrame, background: Background, n: int) -> pd.DataFrame:
    complete = bundle.complete(frame)
    explained = explain(bundle, complete, frame["invited"].to_numpy(dtype=np.bool_), background=background)
    return reasons_in_words(explained, complete, n=n)
