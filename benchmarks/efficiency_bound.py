"""How small the error of the silent's NPS can be: the semiparametric efficiency bound of `nonresponse.py`'s draws.

    python benchmarks/efficiency_bound.py --data F.parquet --rating COL --drivers A,B --shadows C,D --rate .15 \\
        --replications 40 --json OUT

Given the selection model, odds of silence O(u, y) = exp(alpha + f(u)'beta + gamma_y), and nothing about p(y | x),
no regular estimator of the NPS of these silent customers has a smaller asymptotic variance than

    1 / N^2 sum_x P(silent | x) E_q[(1 + O) (v - m)^2]  +  D' I^-1 D                                         (1)

with N silent customers, E_q the mean over the classes of silent customers at x, v the value of the class,
m = E_q[(1 + O) v] / E_q[1 + O], and of theta = (alpha, beta, gamma), by which log O has the derivatives s(u, y),

    I = sum_x P(silent | x) E_q[s] E_q[s]' / E_q[1 + O]
    D = 1 / N sum_x P(silent | x) E_q[s (v - m)].

Sources: Rotnitzky and Robins (1997), Statistics in Medicine 16; Morikawa and Kim (2021), Annals of Statistics 49
(the optimal estimating function). Both have the mean of a population; the first term of (1) is for the realised
mean of these customers. p(y | x) is cross-fitted from all answers, those that the draws hide too. For an estimator
that is told gamma, theta is (alpha, beta).
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from rich.progress import track
from scipy.special import expit
from threadpoolctl import threadpool_limits

from mechanisms import CORE, log_odds_of_answering
from nonresponse import survey_of
from silentnps.config import ModelConfig
from silentnps.numerics.additive_design import fit_encoder
from silentnps.numerics.nps import CLASS_VALUES, class_of_rating
from silentnps.outcome.calibration import fit_calibrator
from silentnps.outcome.cross_fitting import crossfit_repeats
from silentnps.outcome.outcome_model import OutcomeDesign, tree_classifier

_MODEL = ModelConfig(trees=300, learning_rate=0.05, repeats=1)
"""Longer boosting than the estimator's: there are nearly seven times as many answers."""


@dataclass(frozen=True)
class Bound:
    """Variances in squared points: of the answers at known odds of silence, and what learning theta adds to it.

    `told` is for an estimator that knows gamma, `learned` for one that has to learn it.
    """

    answers: float
    told: float
    learned: float

    @property
    def errors(self) -> dict[str, float]:
        """Return both bounds as standard deviations in points."""
        return {"told": (self.answers + self.told) ** 0.5, "learned": (self.answers + self.learned) ** 0.5}


def bound_of(probabilities: np.ndarray, log_odds: np.ndarray, design: np.ndarray) -> Bound:
    """Return the bound (1) for customers whose law is known.

    Parameters
    ----------
    probabilities
        p(y | x) of each customer, whether or not it answers, shape (n, 3).
    log_odds
        Log odds of answering had the customer been of each class, shape (n, 3).
    design
        f(u), shape (n, k).
    """
    odds, joint = np.exp(-log_odds), probabilities * expit(-log_odds)  # joint: of a class, and of silence
    silent = joint.sum(axis=1)
    law, n_silent = joint / silent[:, None], silent.sum()
    least = (law * (1.0 + odds) * CLASS_VALUES).sum(axis=1) / (law * (1.0 + odds)).sum(axis=1)
    gaps = CLASS_VALUES - least[:, None]
    answers = (joint * (1.0 + odds) * gaps**2).sum() / n_silent**2
    slopes = np.column_stack([np.ones(len(design)), design, law[:, [0, 2]]])
    information = (slopes * (silent / (law * (1.0 + odds)).sum(axis=1))[:, None]).T @ slopes
    of_drivers = (joint * gaps).sum(axis=1) @ slopes[:, :-2]
    moved = np.append(of_drivers, (joint * gaps)[:, [0, 2]].sum(axis=0)) / n_silent
    return Bound(answers, _quadratic(moved[:-2], information[:-2, :-2]), _quadratic(moved, information))


def _quadratic(moved: np.ndarray, information: np.ndarray) -> float:
    return float(moved @ np.linalg.pinv(information, rcond=1e-12, hermitian=True) @ moved)


def law_of_all(frame: pd.DataFrame, classes: np.ndarray, drivers: list[str], shadows: list[str]) -> np.ndarray:
    """Return p(y | x) of everybody, cross-fitted from all answers, shape (n, 3)."""
    data = survey_of(frame, classes, np.ones(len(frame), dtype=bool), drivers, shadows)
    margins = crossfit_repeats(
        data,
        OutcomeDesign(data),
        classifier=tree_classifier(_MODEL),
        folds=_MODEL.folds,
        repeats=_MODEL.repeats,
        random_state=0,
    )[0]
    return fit_calibrator(margins, classes, np.ones(len(classes))).probabilities(margins)


def measure(options: argparse.Namespace) -> pd.DataFrame:
    """Return one row per core mechanism and draw: the bounds told and learned, in points."""
    frame = pd.read_parquet(options.data)
    frame = frame[frame[options.rating].notna()].reset_index(drop=True)
    classes = class_of_rating(frame[options.rating].to_numpy(dtype=float))
    drivers, shadows = options.drivers.split(","), options.shadows.split(",")
    probabilities = law_of_all(frame, classes, drivers, shadows)
    design = fit_encoder(frame[drivers]).transform(frame[drivers])
    tasks = [(name, seed) for seed in range(options.replications) for name in CORE]
    rows = []
    for name, seed in track(tasks, description="draws"):
        rng = np.random.default_rng(seed)
        log_odds = log_odds_of_answering(frame[drivers], classes, CORE[name], rate=options.rate, rng=rng)
        rows.append({"mechanism": name, **bound_of(probabilities, log_odds, design).errors})
    return pd.DataFrame(rows)


def main() -> None:
    """Print the bounds of each mechanism, root mean squares over the draws."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rating", required=True)
    parser.add_argument("--drivers", required=True)
    parser.add_argument("--shadows", required=True)
    parser.add_argument("--rate", type=float, default=0.15)
    parser.add_argument("--replications", type=int, default=40)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--small", action="store_true", help="one draw of each mechanism")
    options = parser.parse_args()
    if options.small:
        options.replications = 1
    with threadpool_limits(limits=1):
        draws = measure(options)
    table = draws.groupby("mechanism", sort=False).agg(lambda errors: (errors**2).mean() ** 0.5)
    print(table.round(2).to_string())
    if options.json:
        found = [
            {"name": name, "metric": f"least_error_{kind}", "value": float(value), "unit": "points"}
            for kind, column in table.items()
            for name, value in column.items()
        ]
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
