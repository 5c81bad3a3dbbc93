"""Other packages' estimates of the silent's NPS, on the same draws.

Every peer gets one `Draw` and returns (value, low, high) in points; low and high are None where its package has no
interval. The design is `silentnps.numerics.additive_design.fit_encoder` on all features of everybody, standardised:
splines of numbers, indicators of categories. QuaPy's quantifiers, and the predictions and weights of ppi-python,
come from scikit-learn's LogisticRegression on that design; balance makes its own design of the raw features. All
else is each package's default. The first draw's seconds include imports.
"""

from __future__ import annotations

import logging
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.preprocessing import StandardScaler

from silentnps.estimation.formulas.nps_estimate import nps_of_classes
from silentnps.numerics.additive_design import fit_encoder
from silentnps.numerics.nps import CLASS_VALUES, SILENT

Estimate = tuple[float, float | None, float | None]

CONFIDENCE_LEVEL = 0.95


@dataclass(frozen=True)
class Draw:
    """Customers of whom some answered.

    `features` are numeric or categorical columns, one row a customer; `classes` are 0, 1, 2, or -1 for the silent.
    """

    features: pd.DataFrame
    classes: np.ndarray
    seed: int

    @cached_property
    def answered(self) -> np.ndarray:
        """Return who answered, shape (n,)."""
        return self.classes != SILENT

    @cached_property
    def design(self) -> np.ndarray:
        """Return the standardised design of all features, shape (n, columns)."""
        encoder = fit_encoder(self.features)
        return StandardScaler().fit_transform(encoder.transform(self.features))

    @property
    def values(self) -> np.ndarray:
        """Return what each respondent adds to NPS, in points."""
        return CLASS_VALUES[self.classes[self.answered]]


def survey_rocks(draw: Draw) -> Estimate:
    """Return the survey's NPS with the interval of Rocks (2016), taken for the silent's."""
    survey = nps_of_classes(draw.classes, confidence_level=CONFIDENCE_LEVEL)
    return survey.value, survey.low, survey.high


def classify_and_count(draw: Draw) -> Estimate:
    """Return the NPS of the predicted classes, by QuaPy's CC."""
    from quapy.method.aggregative import CC

    return _quantified(CC(_logistic()), draw)


def quapy_emq(draw: Draw) -> Estimate:
    """Return the NPS under label shift by QuaPy's EMQ (Saerens, Latinne and Decaestecker 2002)."""
    from quapy.method.aggregative import EMQ

    return _quantified(EMQ(_logistic(), n_jobs=1), draw)


def quapy_pacc(draw: Draw) -> Estimate:
    """Return the NPS under label shift by QuaPy's PACC."""
    from quapy.method.aggregative import PACC

    return _quantified(PACC(_logistic(), n_jobs=1), draw)


def ppi(draw: Draw) -> Estimate:
    """Return prediction-powered inference (PPI++), respondents weighted by their odds of silence.

    Respondents are the labelled set, with predictions from five folds; the silent the unlabelled set.
    """
    from ppi_py import ppi_mean_ci, ppi_mean_pointestimate

    answered, known = draw.answered, draw.classes[draw.answered]
    folds = StratifiedKFold(5, shuffle=True, random_state=draw.seed)
    own = cross_val_predict(_logistic(), draw.design[answered], known, cv=folds, method="predict_proba")
    model = _logistic().fit(draw.design[answered], known)
    values = CLASS_VALUES[model.classes_]
    silent = model.predict_proba(draw.design[~answered])
    response = _logistic().fit(draw.design, answered).predict_proba(draw.design[answered])
    arrays = (draw.values, own @ values, silent @ values)
    weights = response[:, 0] / response[:, 1]
    low, high = ppi_mean_ci(*arrays, alpha=1 - CONFIDENCE_LEVEL, w=weights)
    return np.ravel(ppi_mean_pointestimate(*arrays, w=weights))[0], low[0], high[0]


def balance(draw: Draw) -> Estimate:
    """Return the NPS of respondents weighted to the silent by balance's inverse propensity weights.

    A plain LogisticRegression is given, for the default path of penalties takes minutes.
    """
    from balance import Sample

    # patsy reads names as Python: a column 'class' would be a syntax error
    raw = draw.features.set_axis([f"x{place}" for place in range(draw.features.shape[1])], axis=1)
    raw = raw.assign(id=np.arange(len(raw)).astype(str))
    respondents = raw[draw.answered].assign(nps=draw.values)
    sample = Sample.from_frame(respondents, id_column="id", outcome_columns=["nps"])
    target = Sample.from_frame(raw[~draw.answered], id_column="id")
    outcomes = sample.set_target(target).adjust(method="ipw", model=_logistic()).outcomes()
    interval = outcomes.ci_of_mean(on_linked_samples=False, conf_level=CONFIDENCE_LEVEL)["nps"].iloc[0]
    return outcomes.mean(on_linked_samples=False)["nps"].iloc[0], *interval


PEERS: dict[str, Callable[[Draw], Estimate]] = {
    "survey_rocks": survey_rocks,
    "classify_and_count": classify_and_count,
    "quapy_emq": quapy_emq,
    "quapy_pacc": quapy_pacc,
    "ppi": ppi,
    "balance": balance,
}


def peer_rows(draw: Draw) -> list[dict[str, Any]]:
    """Return one row per peer: value, low, high, its seconds, or in `error` the reason why there is none."""
    draw.design  # noqa: B018 - made once, in nobody's seconds
    return [{"method": name, **_tried(peer, draw)} for name, peer in PEERS.items()]


def check_installed() -> None:
    """Stop if a package is absent; balance allows numpy 2 from Python 3.12 on only, before that its rows say so."""
    needed = ["quapy", "ppi_py", *(["balance"] if sys.version_info >= (3, 12) else [])]
    absent = [name for name in needed if find_spec(name) is None]
    if absent:
        raise SystemExit(f"--peers needs {', '.join(absent)}: pip install 'silentnps[benchmark]'")


def _tried(peer: Callable[[Draw], Estimate], draw: Draw) -> dict[str, Any]:
    start = time.perf_counter()
    try:
        with _quiet():
            found = [None if number is None else float(number) for number in peer(draw)]
        reason = None
    except Exception as error:
        found, reason = [None, None, None], f"{type(error).__name__}: {error}"
    row = dict(zip(("value", "low", "high"), found, strict=True))
    return {**row, "seconds": time.perf_counter() - start, "error": reason}


def _logistic() -> LogisticRegression:
    return LogisticRegression(max_iter=1000)


def _quantified(quantifier: Any, draw: Draw) -> Estimate:
    quantifier.fit(draw.design[draw.answered], draw.classes[draw.answered])
    shares = quantifier.predict(draw.design[~draw.answered])
    return float(shares @ CLASS_VALUES[quantifier.classes_]), None, None


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep balance's log and QuaPy's warnings out, and undo the warning filter that ppi_py sets on import."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
