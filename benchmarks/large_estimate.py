"""One estimate of a large base: seconds, peak memory, and whether the interval holds the known truth.

    python benchmarks/large_estimate.py --customers 1000000 --answers 50000 --json OUT

Features are drawn in closed form (16 numbers, 4 categories), class and answering by logistic laws with gamma 0.5 a
class step; `silentnps.estimate_nps` gets frames, as a user would pass them, and runs single-threaded.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit

import silentnps

DRIVERS = [f"driver_{i}" for i in range(10)]
SHADOWS = [f"shadow_{i}" for i in range(6)]
LEVELS = {"tier": 4, "channel": 5, "region": 12, "store": 40}


def base_of(n: int, answers: int, rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return features, classes (0, 1, 2) and who answered of `n` customers."""
    frame = pd.DataFrame(rng.normal(size=(n, 16)), columns=DRIVERS + SHADOWS)
    frame["shadow_5"] = rng.poisson(0.4, n).astype(float)
    for name, size in LEVELS.items():
        frame[name] = pd.Categorical.from_codes(rng.integers(0, size, n), [f"{name} {i}" for i in range(size)])
    u, z = frame[DRIVERS].to_numpy(), frame[SHADOWS].to_numpy()
    liking = u @ rng.normal(0, 0.2, 10) + z @ rng.normal(0, 0.4, 6) + 0.3 * z[:, 0] * (u[:, 0] > 0)
    classes = np.digitize(liking + rng.logistic(size=n), [-0.6, 0.6])
    tier = np.array([-0.4, 0.0, 0.2, 0.5])[frame["tier"].cat.codes]
    effect = u @ rng.normal(0, 0.3, 10) + tier + 0.5 * (classes - 1)
    intercept = brentq(lambda a: expit(a + effect).mean() - answers / n, -60, 60)
    return frame, classes, rng.random(n) < expit(intercept + effect)


def run(customers: int, answers: int, seed: int) -> list[dict[str, Any]]:
    """Estimate once; return the records."""
    frame, classes, answered = base_of(customers, answers, np.random.default_rng(seed))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    rating = pd.Series(np.where(answered, np.array([3.0, 7.0, 10.0])[classes], np.nan), frame.index)
    start = time.perf_counter()
    report = silentnps.estimate_nps(frame, rating, shadow_features=SHADOWS, segments=frame[["region"]])
    seconds = time.perf_counter() - start
    truth = 100.0 * float((classes[~answered] - 1).mean())
    silent = report.silent
    print(f"truth {truth:+.2f}, survey {report.respondents.value:+.2f}, silent {silent}, {seconds:.0f} s")
    values = {
        "seconds": (seconds, "seconds"),
        "peak_memory": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, "GiB"),
        "memory_of_the_features": (before, "GiB"),
        "error": (silent.value - truth, "points"),
        "width": (silent.high - silent.low, "points"),
        "covered": (float(silent.low <= truth <= silent.high), "share"),
    }
    name = f"estimate_nps/{customers}/{answers}"
    return [{"name": name, "metric": key, "value": value, "unit": unit} for key, (value, unit) in values.items()]


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--answers", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--small", action="store_true", help="20,000 customers, 2,000 answers")
    options = parser.parse_args()
    if options.small:
        options.customers, options.answers = 20_000, 2_000
    found = run(options.customers, options.answers, options.seed)
    print(pd.DataFrame(found).to_string(index=False))
    if options.json:
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
