"""Known answers hidden by rule: how far each estimate of the silent's NPS is off, and whether its interval holds.

    python benchmarks/nonresponse.py --data F.parquet --rating COL --drivers A,B --shadows C,D --rate .15 \\
        --replications 40 --seed 0 --mechanism all --peers --json OUT --markdown OUT

Seeds are SEED..SEED+R-1. `--mechanism` is all, core, stress, or names joined by commas. With `--peers` other
packages estimate on the same draws (pip install 'silentnps[benchmark]'). `--resume LINES` keeps one JSON line a row
and skips what is there, silentnps' rows and the peers' each for themselves; `--shard I/N` runs every Nth draw. The
method `true_gamma` is the same estimator told how satisfaction drives answering; `band`
has the sensitivity band in place of the interval.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from rich.progress import track
from threadpoolctl import threadpool_limits

from mechanisms import CORE, MECHANISMS, STRESS, Mechanism, draw_answers
from peers import PEERS, Draw, check_installed, peer_rows
from silentnps.config import EstimationConfig, ModelConfig
from silentnps.estimation.formulas.doubly_robust import estimate_point, select
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.estimate_nps import estimate_wave
from silentnps.numerics.nps import CLASS_VALUES, class_of_rating
from silentnps.outcome.calibration import fit_calibrator
from silentnps.outcome.candidates import CANDIDATES
from silentnps.outcome.cross_fitting import crossfit_repeats
from silentnps.outcome.outcome_model import OutcomeDesign, tree_classifier
from silentnps.outcome.survey_data import SurveyData, tidy_features
from tables import markdown, records

METHODS = ("survey", "weighted", "mar", "label_shift", "selection")


def one_draw(task: dict[str, Any]) -> list[dict[str, Any]]:
    """Return one row per method of one draw."""
    with threadpool_limits(limits=1):
        return _one_draw(**task)


def _one_draw(
    frame: pd.DataFrame,
    classes: np.ndarray,
    drivers: list[str],
    shadows: list[str],
    name: str,
    mechanism: Mechanism,
    rate: float,
    seed: int,
    segment: str | None,
    own: bool,
    peers: bool,
) -> list[dict[str, Any]]:
    shadow = frame[shadows[0]] if shadows else None
    answered = draw_answers(frame[drivers], classes, mechanism, rate=rate, seed=seed, shadow=shadow)
    data = survey_of(frame, classes, answered, drivers, shadows)
    cut = frame[[segment]].reset_index(drop=True) if segment else pd.DataFrame(index=range(len(frame)))
    rows = _own_rows(data, cut, classes, mechanism, seed) if own else []
    if peers:
        rows += peer_rows(Draw(data.features, data.classes, seed))
    truth = float(CLASS_VALUES[classes[~answered]].mean())
    return [{"mechanism": name, "seed": seed, "truth": truth, **row} for row in rows]


def _own_rows(
    data: SurveyData, cut: pd.DataFrame, classes: np.ndarray, mechanism: Mechanism, seed: int
) -> list[dict[str, Any]]:
    start = time.perf_counter()
    design, model = OutcomeDesign(data), ModelConfig()
    margins = crossfit_repeats(
        data, design, classifier=tree_classifier(model), folds=model.folds, repeats=model.repeats, random_state=seed
    )
    wave = CrossFittedWave.of(
        data,
        design,
        margins,
        components=CANDIDATES["stack"].components,
        model=model,
        estimation=EstimationConfig(),
        segments=cut,
        random_state=seed,
    )
    report = estimate_wave(wave)
    seconds = {"selection": time.perf_counter() - start}
    table = report.by_assumption.set_index("assumption")
    rows = [
        {"method": method, "seconds": seconds.get(method), **_numbers(table.loc[method])}
        for method in METHODS
        if method in table.index
    ]
    told = _told_gamma(wave, mechanism)
    rows.append({"method": "true_gamma", "value": told, "low": None, "high": None})
    if "band_low" in report.diagnostics:
        ends = {key: report.diagnostics[f"band_{key}"] for key in ("low", "high")}
        rows.append({"method": "band", "value": report.silent.value, **ends})
    return rows + _segment_rows(report.segments, cut, classes, data.answered)


def _numbers(found: pd.Series) -> dict[str, float]:
    return {key: float(found[key]) for key in ("value", "low", "high")}


def survey_of(
    frame: pd.DataFrame, classes: np.ndarray, answered: np.ndarray, drivers: list[str], shadows: list[str]
) -> SurveyData:
    """Return the survey as an estimator sees it: everybody was invited, only those who answered have a class."""
    everybody = np.ones(len(frame), dtype=bool)
    return SurveyData(
        tidy_features(frame[[*drivers, *shadows]]),
        np.where(answered, classes, -1),
        everybody,
        everybody,
        np.arange(len(frame)),
        tuple(drivers),
        tuple(shadows),
    )


def _told_gamma(wave: CrossFittedWave, mechanism: Mechanism) -> float:
    gamma = -(np.array(mechanism.classes) - mechanism.classes[1])
    values = []
    for margins in wave.margins:
        of_wave, rows = wave.margins_of(margins), wave.sample.answered
        calibrator = fit_calibrator(of_wave[rows], wave.sample.classes[rows], np.ones(int(rows.sum())))
        probabilities = calibrator.probabilities(of_wave)
        selection = select(probabilities, wave.sample, prior_sd=1.0, fixed_gamma=gamma)
        values.append(estimate_point(probabilities, wave.sample, selection).nps)
    return float(np.mean(values))


def _segment_rows(
    segments: pd.DataFrame, cut: pd.DataFrame, classes: np.ndarray, answered: np.ndarray
) -> list[dict[str, Any]]:
    if segments.empty:
        return []
    labels = cut.iloc[:, 0].astype(str).to_numpy()
    rows = []
    largest = segments[~segments["suppressed"]].nlargest(5, "n")
    for _, row in largest.iterrows():
        truth = float(CLASS_VALUES[classes[(labels == row["segment"]) & ~answered]].mean())
        rows.append({"method": "segment", "segment": row["segment"], **_numbers(row), "truth": truth})
    return rows


def chosen(names: str) -> dict[str, Mechanism]:
    """Return the mechanisms that --mechanism names."""
    groups = {"all": MECHANISMS, "core": CORE, "stress": STRESS}
    return groups[names] if names in groups else {name: MECHANISMS[name] for name in names.split(",")}


def tasks_of(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the draws to run: seeds of each mechanism, the shard's, without those that are there already."""
    frame = pd.read_parquet(options.data)
    frame = frame[frame[options.rating].notna()].reset_index(drop=True)
    shared = {
        "frame": frame,
        "classes": class_of_rating(frame[options.rating].to_numpy(dtype=float)),
        "drivers": options.drivers.split(","),
        "shadows": [name for name in options.shadows.split(",") if name],
        "rate": options.rate,
        "segment": options.segment,
    }
    seeds = range(options.seed, options.seed + options.replications)
    every = [(name, seed) for seed in seeds for name in chosen(options.mechanism)]
    index, count = (int(part) for part in options.shard.split("/"))
    there = _there(options.resume)
    mine = [(task, _missing(task, there=there, peers=options.peers)) for task in every[index::count]]
    return [
        {**shared, "name": name, "mechanism": MECHANISMS[name], "seed": seed, **missing}
        for (name, seed), missing in mine
        if any(missing.values())
    ]


def _missing(task: tuple[str, int], *, there: set[tuple[str, int, bool]], peers: bool) -> dict[str, bool]:
    return {"own": (*task, False) not in there, "peers": peers and (*task, True) not in there}


def _there(path: Path | None) -> set[tuple[str, int, bool]]:
    return {(row["mechanism"], row["seed"], row["method"] in PEERS) for row in _lines(path)}


def _lines(path: Path | None) -> list[dict[str, Any]]:
    if path is None or not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def parsed() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rating", required=True)
    parser.add_argument("--drivers", required=True)
    parser.add_argument("--shadows", default="")
    parser.add_argument("--segment", help="column whose five largest segments are estimated too")
    parser.add_argument("--rate", type=float, default=0.15)
    parser.add_argument("--replications", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--mechanism", default="core")
    parser.add_argument("--peers", action="store_true", help="other packages' estimates on the same draws")
    parser.add_argument("--resume", type=Path, help="file of one JSON line a row, appended to")
    parser.add_argument("--shard", default="0/1", metavar="I/N")
    parser.add_argument("--jobs", type=int, default=-1)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path, help="file for the tables, which are printed too")
    parser.add_argument("--small", action="store_true", help="one draw of one mechanism")
    options = parser.parse_args()
    if options.small:
        options.replications, options.mechanism = 1, "drivers_and_satisfaction"
    return options


def main() -> None:
    """Run the draws, print the tables and write what was asked for."""
    options = parsed()
    if options.peers:
        check_installed()
    tasks, rows = tasks_of(options), _lines(options.resume)
    results = joblib.Parallel(n_jobs=options.jobs, return_as="generator_unordered")(
        joblib.delayed(one_draw)(task) for task in tasks
    )
    for found in track(results, total=len(tasks), description="draws"):
        rows.extend(found)
        if options.resume:
            with options.resume.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(row) + "\n" for row in found)
    draws = pd.DataFrame(rows)
    print(markdown(draws))
    if options.markdown:
        options.markdown.write_text(markdown(draws), encoding="utf-8")
    if options.json:
        options.json.write_text(json.dumps(records(draws), indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
