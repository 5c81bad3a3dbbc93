"""How often `monitor` raises an alarm where nothing changed, and whether it finds a planted change within a wave.

    python benchmarks/monitor_alarms.py --waves 100 --customers 3000 --json monitor_alarms.json

Simulated retailers with four quarterly waves and no drift: a model of the waves so far, then every check of the
wave that follows. The base ages and orders go on, as in any shop. The answers of the wave are also judged at each
tenth of them, as every night would. In some shops all orders of the three months before the last wave are late, by
a new carrier. `drawn` are waves of exactly one law: customers and answers of a shop's last two waves, mixed anew.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from figures import Row, show
from silentnps.config import ModelConfig, MonitoringConfig, ProjectConfig, load_config
from silentnps.features.engine.expressions import KEYS
from silentnps.monitoring.checks import Check
from silentnps.monitoring.every_check import Evidence, every_check
from silentnps.monitoring.wave import Answers, Asked, Wave
from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.numerics.nps import CLASS_VALUES
from silentnps.outcome.calibration import fit_calibrator
from silentnps.outcome.candidates import CANDIDATES
from silentnps.outcome.cross_fitting import Split, crossfit
from silentnps.outcome.outcome_model import OutcomeDesign, OutcomeModel, component_margins, tree_classifier
from silentnps.outcome.survey_data import SurveyData
from silentnps.simulation.simulate import simulate
from silentnps.training.candidate_margins import sized
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.base import build_project
from silentnps.workflow.wave_data import learn, survey_data

TABLES = (
    *("customers", "invitations", "responses", "orders", "returns", "outreach"),
    *("support", "referrals", "engagement"),
)
LIMITS = MonitoringConfig()
LOOKS = 10


@dataclass(frozen=True)
class OneWaveAhead:
    """Probabilities of respondents: of the earlier answers out of fold, (n, 3), and of the later rows, (m, 3).

    `classes` are those of the earlier answers.
    """

    out_of_fold: Floats
    classes: Integers
    ahead: Floats


def predict_ahead(
    data: SurveyData, later: Booleans, candidate: str, model: ModelConfig, *, random_state: int, n_jobs: int = 1
) -> OneWaveAhead:
    """Learn from the answers among the rows that are not `later`, and predict the later rows.

    The calibration is learned out of fold; no answer of a later row enters.
    """
    early, rows_later = np.flatnonzero(data.answered & ~later), np.flatnonzero(later)
    design = OutcomeDesign(data)
    classifier = tree_classifier(sized(model, CANDIDATES[candidate].size))
    known, known_design = data.take(early), design.take(early)
    split = Split.of(known, folds=model.folds, rng=np.random.default_rng([random_state, 13]))
    held_out = crossfit(known, known_design, classifier=classifier, split=split, n_jobs=n_jobs)
    components = CANDIDATES[candidate].components
    margins = component_margins(held_out, components)
    calibrator = fit_calibrator(margins, known.classes, np.ones(len(early)))
    fitted = OutcomeModel.fit(design, early, known.classes, classifier=classifier)
    ahead = component_margins(fitted.margins(design, rows_later), components)
    return OneWaveAhead(calibrator.probabilities(margins), known.classes, calibrator.probabilities(ahead))


def shop(folder: Path, seed: int, customers: int) -> ProjectConfig:
    """Simulate a retailer and return its configuration."""
    simulate(folder / "data", customers=customers, seed=seed)
    tables = "".join(f"  {name}: {{path: data/{name}.parquet}}\n" for name in TABLES)
    settings = folder / "shop.yaml"
    settings.write_text(f"name: shop\noutput: out\ntimezone: UTC\ntables:\n{tables}waves: {{period: quarter}}\n")
    return load_config(settings)


def evidence_of(frame: pd.DataFrame, config: ProjectConfig, wave: str) -> Evidence:
    """Return what there is to judge in a wave, by a model of the answers before it."""
    rows = frame[frame["wave"] <= wave].reset_index(drop=True)
    data = survey_data(learn(rows, config.features, random_state=0).apply(rows), wave, config.features)
    later = (rows["wave"] == wave).to_numpy()
    unseen = later | ~data.answered  # silent customers of the training are predicted too
    fitted = predict_ahead(data, unseen, "logistic", config.model, random_state=0)
    probabilities = np.empty((len(rows), 3))
    probabilities[~unseen], probabilities[unseen] = fitted.out_of_fold, fitted.ahead
    expected = probabilities @ CLASS_VALUES
    built = rows.drop(columns=list(KEYS))
    waves = sorted(rows["wave"].unique(), reverse=True)
    parts = {name: (rows["wave"] == name).to_numpy() for name in waves}
    made = {
        name: Wave(name, rows.loc[mask, "customer_id"].to_numpy(dtype=str), built[mask], expected[mask])
        for name, mask in parts.items()
    }
    edges = np.quantile(expected[parts[waves[1]]], [0.2, 0.4, 0.6, 0.8])
    asked = [_asked(rows, expected, edges, parts[name] & rows["invited"].to_numpy()) for name in waves[:2]]
    answers = later & data.answered
    return Evidence(
        references=[made[name] for name in waves[1:]],
        new=made[wave],
        asked=(asked[1], asked[0]),
        answers=(
            Answers(fitted.out_of_fold, fitted.classes),
            Answers(probabilities[answers], data.classes[answers]),
        ),
    )


def _asked(rows: pd.DataFrame, expected: np.ndarray, edges: np.ndarray, mask: np.ndarray) -> Asked:
    region = pd.Categorical(rows["region"].astype(str)).codes.astype(np.int64)
    cuts = {"expected NPS": np.searchsorted(edges, expected[mask]), "region": region[mask]}
    return Asked(rows.loc[mask, "respondent"].to_numpy(dtype=np.bool_), cuts)


def drawn(evidence: Evidence, rng: np.random.Generator) -> Evidence:
    """Return two waves of one law: customers, those asked and answers of two waves divided at random."""
    before, now = evidence.references[0], evidence.new
    assert now is not None
    assert evidence.asked is not None
    assert evidence.answers is not None
    features = pd.concat([before.features, now.features], ignore_index=True)
    expected = np.concatenate([before.expected_nps, now.expected_nps])
    order = rng.permutation(len(features))
    ids = order.astype(str)
    m = len(before.features)
    waves = [
        Wave(name, ids[part], features.iloc[order[part]].reset_index(drop=True), expected[order[part]])
        for name, part in (("before", slice(0, m)), ("now", slice(m, None)))
    ]
    return Evidence(
        references=waves[:1],
        new=waves[1],
        asked=_asked_anew(evidence.asked, rng),
        answers=_answers_anew(evidence.answers, rng),
    )


def _asked_anew(pair: tuple[Asked, Asked], rng: np.random.Generator) -> tuple[Asked, Asked]:
    answered = np.concatenate([each.answered for each in pair])
    cuts = {name: np.concatenate([each.cuts[name] for each in pair]) for name in pair[0].cuts}
    order = rng.permutation(len(answered))
    first, second = order[: pair[0].n], order[pair[0].n :]
    parts = [Asked(answered[rows], {name: cut[rows] for name, cut in cuts.items()}) for rows in (first, second)]
    return parts[0], parts[1]


def _answers_anew(pair: tuple[Answers, Answers], rng: np.random.Generator) -> tuple[Answers, Answers]:
    """Draw answers by the probabilities, so that these hold."""
    probabilities = np.concatenate([each.probabilities for each in pair])[rng.permutation(pair[0].n + pair[1].n)]
    classes = (rng.random(len(probabilities))[:, None] > probabilities.cumsum(axis=1)[:, :2]).sum(axis=1)
    n = pair[0].n
    return Answers(probabilities[:n], classes[:n]), Answers(probabilities[n:], classes[n:])


def alarms(checks: list[Check]) -> list[str]:
    """Return the names of the checks that raise an alarm."""
    return [check.name for check in checks if check.level in ("attention", "act")]


def looked_at_often(evidence: Evidence) -> bool:
    """Return whether the answers raise an alarm at any tenth of them, in random order."""
    if evidence.answers is None:
        return False
    before, now = evidence.answers
    order = np.random.default_rng(0).permutation(now.n)
    for look in range(1, LOOKS + 1):
        chosen = order[: now.n * look // LOOKS]
        part = Answers(now.probabilities[chosen], now.classes[chosen])
        if alarms(every_check(Evidence(answers=(before, part)), LIMITS)[0]):
            return True
    return False


def late_orders(folder: Path, since: str, until: str) -> None:
    """Let every order between two moments arrive three days after it was promised."""
    path = folder / "data" / "orders.parquet"
    orders = pd.read_parquet(path)
    at = orders["ordered_at"].dt.tz_localize(None)
    late = (at >= pd.Timestamp(since)) & (at < pd.Timestamp(until)) & orders["promised_at"].notna()
    orders.loc[late, "delivered_at"] = orders.loc[late, "promised_at"] + pd.Timedelta(days=3)
    orders.to_parquet(path, index=False)


def built(config: ProjectConfig) -> pd.DataFrame:
    """Return the features of every wave."""
    return build_project(Project(config))[0]


def judge_shop(seed: int, customers: int, planted: bool) -> tuple[list[dict[str, object]], list[str] | None]:
    """Return, of each wave after the first of a shop, the alarms; and those of the last with late orders."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        config = shop(folder, seed, customers)
        frame = built(config)
        found: list[dict[str, object]] = []
        for wave in sorted(frame["wave"].unique())[1:]:
            evidence = evidence_of(frame, config, wave)
            names = alarms(every_check(evidence, LIMITS)[0])
            found.append({"seed": seed, "wave": wave, "alarms": names, "looks": looked_at_often(evidence)})
        if not planted:
            return found, None
        late_orders(folder, "2025-08-15", "2025-11-20")
        last = sorted(frame["wave"].unique())[-1]
        changed = pd.concat([frame[frame["wave"] != last], built(config).query("wave == @last")])
        return found, alarms(every_check(evidence_of(changed, config, last), LIMITS)[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--waves", type=int, default=100)
    parser.add_argument("--customers", type=int, default=3000)
    parser.add_argument("--planted", type=int, default=10, help="shops in which a change is planted too")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--only-shops", action="store_true", help="no drawn waves")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--small", action="store_true")
    options = parser.parse_args()
    waves, customers, planted = (
        (3, 800, 1) if options.small else (options.waves, options.customers, options.planted)
    )
    rows = [] if options.only_shops else rows_of_drawn(waves, customers)
    judged: list[dict[str, object]] = []
    caught: list[list[str]] = []
    seed = options.first_seed
    while len(judged) < waves:
        found, late = judge_shop(seed, customers, planted=len(caught) < planted)
        judged += found
        caught += [] if late is None else [late]
        print(
            json.dumps(
                {
                    "seed": seed,
                    "alarms": [each["alarms"] for each in found],
                    "late": late,
                    "looks": [each["looks"] for each in found],
                }
            ),
            file=sys.stderr,
            flush=True,
        )
        seed += 1
    show([*rows, *rows_of(judged[:waves], caught)], options.json)


def rows_of_drawn(waves: int, customers: int) -> list[Row]:
    """Return how many waves of exactly one law raise an alarm, at one look and at ten."""
    with tempfile.TemporaryDirectory() as temporary:
        config = shop(Path(temporary), 1000, customers)
        frame = built(config)
        evidence = evidence_of(frame, config, sorted(frame["wave"].unique())[-1])
    rng, once, often = np.random.default_rng(0), 0, 0
    for _ in range(waves):
        wave = drawn(evidence, rng)
        names = alarms(every_check(wave, LIMITS)[0])
        once += bool(names)
        often += bool(names) or looked_at_often(wave)
    print(json.dumps({"drawn": waves, "alarms": once, "looks": often}), file=sys.stderr, flush=True)
    return [
        ("drawn", "waves", waves, ""),
        ("drawn", "waves with an alarm", once, ""),
        ("drawn, looked at ten times", "waves with an alarm", often, ""),
    ]


def rows_of(judged: list[dict[str, object]], caught: list[list[str]]) -> list[Row]:
    """Return the figures."""
    n = len(judged)
    any_alarm = sum(bool(each["alarms"]) for each in judged)
    looks = sum(bool(each["alarms"]) or bool(each["looks"]) for each in judged)
    by_check = Counter(name for each in judged for name in each["alarms"])  # type: ignore[attr-defined]
    rows: list[Row] = [("no drift", "waves", n, ""), ("no drift", "waves with an alarm", any_alarm, "")]
    rows += [(f"no drift, {name}", "waves with an alarm", count, "") for name, count in sorted(by_check.items())]
    high = float(stats.binomtest(any_alarm, n).proportion_ci(0.95).high)
    rows.append(("no drift", "share with an alarm, at most (95 %)", high, ""))
    rows.append(("no drift, looked at ten times", "waves with an alarm", looks, ""))
    rows += [
        ("all orders late", "shops", len(caught), ""),
        ("all orders late", "caught", sum(map(bool, caught)), ""),
    ]
    return rows


if __name__ == "__main__":
    main()
