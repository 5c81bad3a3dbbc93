"""The shares of detractors, passives and promoters among those who answered, silent customers, and all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from silentnps.estimation.wave.bootstrap import Bootstrap
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.repeat_estimate import RepeatEstimate, headline_shares
from silentnps.numerics.arrays import Floats
from silentnps.numerics.distributions import t_quantile
from silentnps.numerics.parallel import one_thread
from silentnps.schema import NPS_CLASSES

COLUMNS = ("of", "nps_class", "share", "low", "high", "standard_error", "n", "confidence_level")


def class_shares(wave: CrossFittedWave, repeats: list[RepeatEstimate], drawn: Bootstrap) -> pd.DataFrame:
    """Return the shares of the classes `of` survey, silent and base, columns `COLUMNS`.

    Those of the survey are counted. The shares of each group add up to 1, their ends do not.

    Notes
    -----
    Shares of silent customers are those of the headline by the selection model, or missing at random. Their
    variance is that over the replicates of the bootstrap, which learn everything again, plus p (1 - p) / m for the
    classes that nobody observed, with m the silent customers that were looked at: more than it is, since scores
    tell customers apart. Shares of the base are those of both groups by their sizes.
    """
    level, sample = wave.estimation.confidence_level, wave.sample
    counts = np.bincount(sample.classes[sample.answered], minlength=3).astype(np.float64)
    n_known, n_silent = int(counts.sum()), int(sample.n_silent.sum())
    known = counts / n_known if n_known else np.full(3, np.nan)
    rows = _rows("survey", known, known, known, np.zeros(3), n_known, level)
    if not n_silent:
        return pd.DataFrame([*rows, *_rows("base", known, known, known, np.zeros(3), n_known, level)])
    with one_thread():
        shares = headline_shares(repeats)
        draws = drawn.draws_of(wave, lambda repeat, _: np.asarray(repeat.point.shares))
    errors = np.sqrt(draws.var(axis=0, ddof=1) + shares * (1.0 - shares) / max(int(wave.silent.sum()), 1))
    half = t_quantile(0.5 + level / 2.0, len(draws) - 1) * errors
    rows += _rows("silent", shares, shares - half, shares + half, errors, n_silent, level)
    n, of_silent = n_known + n_silent, n_silent / (n_known + n_silent)
    base, half = counts / n + of_silent * shares, of_silent * half
    rows += _rows("base", base, base - half, base + half, of_silent * errors, n, level)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(
    of: str, shares: Floats, low: Floats, high: Floats, errors: Floats, n: int, level: float
) -> list[dict[str, Any]]:
    return [
        {
            **{"of": of, "nps_class": name, "share": float(shares[k])},
            **{"low": float(max(low[k], 0.0)), "high": float(min(high[k], 1.0))},
            **{"standard_error": float(errors[k]), "n": n, "confidence_level": level},
        }
        for k, name in enumerate(NPS_CLASSES)
    ]
