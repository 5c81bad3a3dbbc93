"""What monitoring looks at, from the files of a project: the waves of the training, a newer one, new answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from silentnps.bundle.bundle import Bundle, expected_nps
from silentnps.features.engine.expressions import KEYS
from silentnps.features.large_base.feature_reader import feature_columns, waves_of
from silentnps.features.learned.learned_features import LEARNED_FEATURES
from silentnps.monitoring.answers import FEWEST_ANSWERS
from silentnps.monitoring.every_check import Evidence
from silentnps.monitoring.wave import Answers, Asked, Wave
from silentnps.numerics.arrays import Floats, Integers
from silentnps.numerics.levels import as_text
from silentnps.numerics.nps import class_of_rating
from silentnps.scoring.drift import refusal_reasons
from silentnps.scoring.tally import tally
from silentnps.workflow.artifacts.every_silent import representative_rows
from silentnps.workflow.artifacts.made_file import MadeFile
from silentnps.workflow.artifacts.out_of_fold import read_out_of_fold
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.artifacts.scored_rows import RowsToScore
from silentnps.workflow.scoring.left_surveys import left_with_surveys
from silentnps.workflow.watch import Watch

_MOST_ROWS = 100_000
"""Of a larger wave every other customer, every third and so on is compared; all answers are."""

_EARLIER_WAVES = 5
_FIFTHS = np.linspace(0, 1, 6)[1:-1]
BY_PREDICTION = "fifths of expected NPS"


@dataclass(frozen=True)
class Monitored:
    """What is judged: the evidence, the columns that cannot be read, and what the page says of the waves.

    `late` is how many answered the wave of the model since. `last_answer` is the moment at which the last customer
    whose answer was trained on was asked, `judged_at` the moment of the newest wave: now, if there is none.
    """

    evidence: Evidence
    refused: dict[str, str]
    model_wave: str
    wave: str | None
    n: int
    n_new_answers: int
    answers_of: str | None
    late: int
    last_answer: datetime
    judged_at: datetime


def monitored(
    project: Project, bundle: Bundle, *, as_of: datetime | None, now: datetime, watch: Watch
) -> Monitored:
    """Read what monitoring looks at; `now` is naive UTC, `as_of` asks for the base at a moment as the new wave.

    Raises
    ------
    DataError, ModelError
        If features, or what the training left, are missing or damaged.
    """
    watch.step("reading the waves")
    trained = _Trained.of(project, bundle)
    newer = [wave for wave in _waves(project) if wave > trained.wave]
    rows = _rows_of(project, trained.wave, newer, as_of)
    frame = None if rows is None else _sampled(rows)
    left = {} if frame is None else left_with_surveys(bundle.reference, frame.columns, project.config.tables)
    reasons = {} if frame is None else refusal_reasons(bundle.reference, tally(bundle.reference, frame))
    refused = {name: text for name, text in reasons.items() if name not in left}
    answered_wave, answers = _new_answers(project, newer)
    watch.step("predicting the waves")
    predicted = _Predicted(bundle, left)
    evidence = _nothing(trained.wave, newer, refused)
    if not refused and rows is not None and frame is not None:
        survey = None if not newer else frame if as_of is None else _sampled(RowsToScore.of(project, newer[-1]))
        evidence = _evidence(project, trained, predicted, rows.wave, frame, survey, answers, now)
    return Monitored(
        evidence=evidence,
        refused=refused,
        model_wave=trained.wave,
        wave=None if rows is None else rows.wave,
        n=0 if rows is None else rows.n,
        n_new_answers=len(answers),
        answers_of=answered_wave,
        late=len(_answered_now(project, trained) - trained.answered_ids),
        last_answer=trained.last_answer,
        judged_at=now if as_of is not None or frame is None else pd.Timestamp(frame["as_of"].max()).to_pydatetime(),
    )


def _nothing(wave: str, newer: Sequence[str], refused: dict[str, str]) -> Evidence:
    why = _no_wave(wave, refused)
    return Evidence(
        no_wave=why, not_asked=why, no_answers=why if refused or not newer else "there are no new answers"
    )


def _no_wave(wave: str, refused: dict[str, str]) -> str:
    return "columns cannot be read, see there" if refused else f"the features have no wave after {wave}"


@dataclass(frozen=True)
class _Trained:
    """What the training left: its wave, simple samples of the base in each of its waves, and its answers."""

    wave: str
    samples: dict[str, pd.DataFrame]
    answers: Answers
    answered_ids: frozenset[str]
    last_answer: datetime

    @staticmethod
    def of(project: Project, bundle: Bundle) -> _Trained:
        handed_over = read_out_of_fold(project, bundle)
        rows, wave = handed_over.rows, str(bundle.info["wave"])
        classes = _classes(rows)
        answered = rows[classes >= 0]
        even = representative_rows(project, bundle, rows)
        earlier = sorted({str(each) for each in even["wave"]} - {wave}, reverse=True)[: _EARLIER_WAVES - 1]
        samples = {wave: _thinned(even[even["wave"] == wave])}
        for each in earlier:
            sample = _as_the_base(project, even[even["wave"] == each], each)
            if len(sample):
                samples[each] = _thinned(sample)
        return _Trained(
            wave,
            samples,
            Answers(handed_over.probabilities, classes[classes >= 0]),
            frozenset(answered.loc[answered["wave"] == wave, "customer_id"]),
            pd.Timestamp(answered["as_of"].max()).to_pydatetime(),
        )


def _as_the_base(project: Project, rows: pd.DataFrame, wave: str) -> pd.DataFrame:
    """Return rows of an earlier wave with as large a share of respondents as its base has.

    Training holds all answers of it and a sample of silent customers; without one there are no rows.
    """
    of_base = feature_columns(project.features, wave, ["respondent"])
    answered = rows["respondent"].to_numpy(dtype=np.bool_)
    n_answers, n_silent = int(of_base["respondent"].sum()), int((~of_base["respondent"].astype(bool)).sum())
    if not n_silent or answered.all():
        return rows.iloc[:0]
    kept = round(n_answers * min((~answered).sum() / n_silent, 1.0))
    chosen = np.random.default_rng(0).permutation(np.flatnonzero(answered))[:kept]
    return rows.iloc[np.sort(np.concatenate([chosen, np.flatnonzero(~answered)]))]


def _thinned(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.iloc[:: -(-len(rows) // _MOST_ROWS) or 1].reset_index(drop=True)


def _waves(project: Project) -> list[str]:
    with MadeFile(project.features, "features").reading():
        return waves_of(project.features)


def _rows_of(project: Project, wave: str, newer: Sequence[str], as_of: datetime | None) -> RowsToScore | None:
    """Return the base at a moment or, without one, the newest wave after that of the model, if there is any."""
    if as_of is not None:
        return RowsToScore.of(project, wave, as_of)
    return RowsToScore.of(project, newer[-1]) if newer else None


def _sampled(rows: RowsToScore) -> pd.DataFrame:
    step = -(-rows.n // _MOST_ROWS)
    parts, before = [], 0
    for frame in rows.batches(_MOST_ROWS):
        parts.append(frame.iloc[-before % step :: step])
        before += len(frame)
    return pd.concat(parts, ignore_index=True)


def _new_answers(project: Project, newer: Sequence[str]) -> tuple[str | None, pd.DataFrame]:
    """Return the answers of the newest wave with enough of them, or else with any, and its name."""
    found: tuple[str | None, pd.DataFrame] = (None, pd.DataFrame())
    for wave in reversed(newer):
        parts = [
            frame[frame["respondent"].to_numpy(dtype=np.bool_)]
            for frame in RowsToScore(project.features, wave).batches(_MOST_ROWS)
        ]
        answers = pd.concat(parts, ignore_index=True)
        if len(answers) > len(found[1]):
            found = wave, answers
        if len(answers) >= FEWEST_ANSWERS:
            break
    return found


def _answered_now(project: Project, trained: _Trained) -> set[str]:
    """Return the ids of all who answered the wave of the model by now."""
    rows = feature_columns(project.features, trained.wave, ["customer_id", "respondent"])
    return set(rows.loc[rows["respondent"].astype(bool), "customer_id"]) if len(rows) else set()


@dataclass(frozen=True)
class _Predicted:
    """Reads rows as training did, and predicts them; `left` are values of features that rows need not have."""

    bundle: Bundle
    left: dict[str, float]

    def read(self, frame: pd.DataFrame) -> pd.DataFrame:
        built = frame.drop(columns=[name for name in frame if name in {*KEYS, *LEARNED_FEATURES}])
        return self.bundle.complete(built.assign(**self.left).reset_index(drop=True))

    def wave(self, name: str, frame: pd.DataFrame) -> Wave:
        complete = self.read(frame)
        probabilities = self.bundle.silent_probabilities(complete, frame["invited"].to_numpy(dtype=np.bool_))
        features = complete[self.bundle.reference.needed]
        return Wave(name, frame["customer_id"].to_numpy(dtype=str), features, expected_nps(probabilities))

    def answers(self, frame: pd.DataFrame) -> Answers:
        return Answers(self.bundle.respondent_probabilities(self.read(frame)), _classes(frame))


def _evidence(
    project: Project,
    trained: _Trained,
    predicted: _Predicted,
    wave: str,
    frame: pd.DataFrame,
    survey: pd.DataFrame | None,
    answers: pd.DataFrame,
    now: datetime,
) -> Evidence:
    references = [predicted.wave(name, sample) for name, sample in trained.samples.items()]
    new = predicted.wave(wave, frame)
    asked, not_asked = None, _no_wave(trained.wave, {})
    if survey is not None:
        asked_of = new if survey is frame else predicted.wave(str(survey["wave"].iloc[0]), survey)
        asked, not_asked = _asked(project, trained, references[0], asked_of, survey, now)
    return Evidence(
        references=references,
        new=new,
        asked=asked,
        not_asked=not_asked,
        answers=(trained.answers, predicted.answers(answers)) if len(answers) else None,
    )


def _asked(
    project: Project, trained: _Trained, reference: Wave, new: Wave, frame: pd.DataFrame, now: datetime
) -> tuple[tuple[Asked, Asked] | None, str]:
    """Return who was asked long enough ago in the wave of the model and in the new one; else None, and why."""
    if "invitations" not in project.config.tables:
        return None, "invitations are not recorded, so nobody knows who was asked"
    sample = trained.samples[trained.wave]
    since = now - timedelta(days=project.config.monitoring.settled_days)
    asked_before = sample["invited"].to_numpy(dtype=np.bool_)
    asked = frame["invited"].to_numpy(dtype=np.bool_) & (frame["as_of"] <= pd.Timestamp(since)).to_numpy()
    if not asked.any():
        return None, f"nobody of {new.name} was asked {project.config.monitoring.settled_days:g} days ago or before"
    answered = sample["customer_id"].isin(trained.answered_ids | _answered_now(project, trained)).to_numpy()
    cuts = {BY_PREDICTION: _fifths(reference.expected_nps, new.expected_nps)}
    for name in project.config.estimation.segments:
        if name in sample and name in frame:
            cuts[name] = _groups(sample[name], frame[name])
    before = Asked(answered[asked_before], {name: cut[0][asked_before] for name, cut in cuts.items()})
    later = frame["respondent"].to_numpy(dtype=np.bool_)
    return (before, Asked(later[asked], {name: cut[1][asked] for name, cut in cuts.items()})), ""


def _fifths(before: Floats, now: Floats) -> tuple[Integers, Integers]:
    edges = np.quantile(before, _FIFTHS)
    return np.searchsorted(edges, before).astype(np.int64), np.searchsorted(edges, now).astype(np.int64)


def _groups(before: pd.Series, now: pd.Series) -> tuple[Integers, Integers]:
    names = pd.Index(sorted(as_text(before).unique()))
    first, second = (names.get_indexer(as_text(each)).astype(np.int64) for each in (before, now))
    return first, second


def _classes(rows: pd.DataFrame) -> Integers:
    return class_of_rating(rows["rating"].to_numpy(dtype=np.float64, na_value=np.nan))
