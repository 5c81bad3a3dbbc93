"""Calls: the plan as a person gets it, whom to call, and the table of answers read back."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from projects import run
from written_tables import all_findings

from silentnps.bundle.bundle import load_bundle
from silentnps.config import TableConfig
from silentnps.data.identity.linked_tables import open_tables
from silentnps.errors import DataError, ModelError
from silentnps.estimation.follow_up.estimate import follow_up_estimate
from silentnps.features.engine.expressions import KEYS
from silentnps.numerics.nps import CLASS_VALUES, class_of_rating
from silentnps.outcome.survey_data import FollowUp
from silentnps.workflow.artifacts.features_file import read_features
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.commands import plan as module
from silentnps.workflow.commands.plan import plan
from silentnps.workflow.follow_up import read_follow_up
from silentnps.workflow.watch import QUIET, Quiet, Watch

LATER = pd.Timedelta(days=20)
RATINGS = {"detractor": 3, "passive": 8, "promoter": 10}


class Listener(Quiet):
    """A watch that keeps what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture(autouse=True)
def cheaper(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("silentnps.estimation.follow_up.call_plan._SIMULATIONS", 6)
    monkeypatch.setattr("silentnps.estimation.follow_up.call_plan._REPLICATES", 6)


@pytest.fixture
def wave(project: Project) -> pd.DataFrame:
    frame = read_features(project)
    return frame[frame["wave"] == load_bundle(project.model).info["wave"]].reset_index(drop=True)


def follow_up_of(project: Project, rows: pd.DataFrame, *, watch: Watch = QUIET) -> FollowUp | None:
    """Return the follow-up of the rows of a wave."""
    return read_follow_up(project.config, read_features(project), rows, watch=watch)


def with_calls(project: Project, folder: Path, calls: pd.DataFrame) -> Project:
    """Return the project with a table of calls."""
    path = folder / "follow_up.parquet"
    calls.assign(called_at=pd.to_datetime(calls["called_at"], utc=True)).to_parquet(path, index=False)
    tables = {**project.config.tables, "follow_up": TableConfig(path=path)}
    return replace(project, config=project.config.model_copy(update={"tables": tables}))


def calls_of(rows: pd.DataFrame, ratings: list[float | None]) -> pd.DataFrame:
    rating = pd.array(ratings, dtype="Int64")
    return pd.DataFrame({"customer_id": rows["customer_id"], "called_at": rows["as_of"] + LATER, "rating": rating})


# --- the plan ---------------------------------------------------------------------------------------------------


def test_plan_prints_a_table_and_a_sentence_and_writes_both_files_and_a_shorter_list_begins_it(project: Project):
    config = project.output.parent / "config.yaml"
    code, out, err = run("plan", "-c", config, "--width", "25", "--answer-rate", "0.6")
    assert code == 0, err
    assert "Length of the interval by number of calls" in out
    assert re.search(
        r"expect a 95 % interval of 2[45]\.\d points, and of at most \d\d\.\d in 80 of 100 cases\.", out
    )
    table = pd.read_csv(project.output / "plan.csv")
    assert list(table.columns) == ["calls", "answers", "width_median", "width_p80"]
    calls = pd.read_csv(project.output / "calls.csv", dtype={"customer_id": str})
    assert calls["call"].tolist() == list(range(1, len(calls) + 1))
    assert f"Call {len(calls):,} of the " in out
    longer = calls["customer_id"].tolist()
    plan(project, width=40.0, answer_rate=0.6)
    shorter = pd.read_csv(project.output / "calls.csv", dtype=str)["customer_id"].tolist()
    assert longer[: len(shorter)] == shorter
    assert len(shorter) < len(longer)
    assert shorter != sorted(shorter)  # and not in the order of the file


def test_calls_are_drawn_among_silent_customers_who_did_not_opt_out(project: Project, wave: pd.DataFrame):
    planned = plan(project, width=25.0, answer_rate=0.6)
    calls = pd.read_csv(project.output / "calls.csv", dtype={"customer_id": str})["customer_id"]
    silent = set(wave.loc[~wave["respondent"].astype(bool), "customer_id"])
    customers = pd.read_parquet(project.config.tables["customers"].path)
    out = set(customers.loc[customers["opted_out"], "customer_id"]) & silent
    assert out
    assert calls.is_unique
    assert set(calls) <= silent - out
    assert (planned.frame.n_reachable, planned.frame.n_opted_out) == (len(silent - out), len(out))
    assert f"({len(out):,} did)" in planned.sentence


@pytest.mark.slow
def test_options_and_configuration_change_the_plan(project: Project):
    first = plan(project, width=30.0).plan
    assert plan(project, width=30.0, answer_rate=0.8).plan.calls < first.calls
    assert plan(project, width=30.0, confidence_level=0.8).plan.calls < first.calls
    assert plan(project, width=30.0, answer_rate=0.4, confidence_level=0.95).plan.table.equals(first.table)
    sure = plan(project, width=30.0, assurance=0.9).plan
    assert sure.calls > first.calls
    assert list(sure.table.columns) == ["calls", "answers", "width_median", "width_p90"]
    assert sure.width_assured <= 30.0 < first.width_assured


def test_an_unreachable_width_is_said_and_nobody_is_called(project: Project):
    config = project.output.parent / "config.yaml"
    code, out, err = run("plan", "-c", config, "--width", "0.5")
    assert code == 0, err
    assert "An interval of 0.5 points cannot be reached: calling all" in out
    assert "gives a 95 % interval of" in out
    assert not (project.output / "calls.csv").exists()


@pytest.mark.parametrize("words", [[], ["--width", "-1"], ["--width", "5", "--answer-rate", "1.5"]])
def test_a_wrong_wish_is_a_usage_error(project: Project, words: list[str]):
    assert run("plan", "-c", project.output.parent / "config.yaml", *words)[0] == 2


def test_a_plan_needs_a_model_and_an_estimate_of_it(project: Project, tmp_path: Path):
    elsewhere = replace(project, config=project.config.model_copy(update={"output": tmp_path}))
    with pytest.raises(ModelError, match="silentnps train"):
        plan(elsewhere, width=20.0)
    (tmp_path / "model").symlink_to(project.model)
    with pytest.raises(DataError, match="silentnps estimate"):
        plan(elsewhere, width=20.0)


def test_after_some_calls_a_plan_says_how_many_more_and_the_list_goes_on_where_it_was(
    project: Project, tmp_path: Path, wave: pd.DataFrame
):
    longer = plan(project, width=25.0, answer_rate=0.6).to_call
    called = wave.set_index("customer_id").loc[longer[:60]].reset_index()
    calls = calls_of(called, [10, 8, 3, None, 10, None] * 10)
    later = plan(with_calls(project, tmp_path, calls), width=25.0)
    assert later.plan.table["answers"].iloc[0] == 40
    assert later.plan.calls == 60 + len(later.to_call)
    assert later.to_call[: len(longer) - 60] == longer[60:][: len(later.to_call)]
    assert "60 were called so far, of whom 40 answered. Call " in later.sentence
    assert (
        f"Call {len(later.to_call):,} more, drawn at random; if {round(len(later.to_call) * 44 / 70):,}"
        in later.sentence
    )


def test_the_list_goes_on_where_it_was_though_somebody_opted_out_or_answered(project: Project):
    before = plan(project, width=30.0, answer_rate=0.6).to_call
    left = before[3]
    customers = pd.read_parquet(project.config.tables["customers"].path)
    customers.loc[customers["customer_id"].astype(str) == left, "opted_out"] = True
    path = project.output.parent / "customers.parquet"
    customers.to_parquet(path, index=False)
    tables = {
        **project.config.tables,
        "customers": project.config.tables["customers"].model_copy(update={"path": path}),
    }
    other = replace(project, config=project.config.model_copy(update={"tables": tables}))
    after = plan(other, width=30.0, answer_rate=0.6).to_call
    kept = [customer for customer in before if customer != left]
    assert left not in after
    assert after[: len(kept)] == kept[: len(after)]


def test_who_was_called_and_opted_out_is_not_called_again_and_counts_where_calls_do(
    project: Project, tmp_path: Path, wave: pd.DataFrame
):
    customers = pd.read_parquet(project.config.tables["customers"].path)
    out = set(customers.loc[customers["opted_out"], "customer_id"].astype(str))
    silent = wave[~wave["respondent"].astype(bool)]
    called = silent[silent["customer_id"].isin(out)].head(20)
    assert len(called) == 20
    calls = with_calls(project, tmp_path, calls_of(called, [10, 3] * 10))
    for train, n_called in ((False, 0), (True, 20)):
        opted_out = calls.config.privacy.opted_out.model_copy(update={"train": train, "plan": True})
        privacy = calls.config.privacy.model_copy(update={"opted_out": opted_out})
        planned = plan(replace(calls, config=calls.config.model_copy(update={"privacy": privacy})), width=60.0)
        assert planned.frame.n_called == n_called
        assert not set(planned.to_call) & set(called["customer_id"])
        assert planned.frame.n_opted_out == 20 - n_called  # others who opted out may be called here


def test_calls_of_an_earlier_wave_keep_nobody_off_the_list(project: Project, tmp_path: Path, wave: pd.DataFrame):
    silent = wave[~wave["respondent"].astype(bool)]
    earlier = calls_of(silent, [10] * len(silent)).assign(called_at=silent["as_of"] - pd.Timedelta(days=1))
    first = plan(project, width=60.0)
    planned = plan(with_calls(project, tmp_path, earlier), width=60.0)
    assert planned.frame.n_called == 0
    assert planned.frame.n_reachable == first.frame.n_reachable
    assert planned.to_call == first.to_call


@pytest.mark.parametrize(("n_called", "n_answered", "rate"), [(0, 0, 0.4), (10, 10, 0.7), (500, 0, 4 / 510)])
def test_the_answer_rate_is_that_of_the_calls_with_ten_more(n_called: int, n_answered: int, rate: float):
    called = np.arange(1000) < n_called
    made = FollowUp(called, np.where(np.arange(1000) < n_answered, 2, -1))
    assert module._answer_rate(made) == pytest.approx(rate)
    assert module._answer_rate(None) == 0.4


def test_enough_calls_need_no_list(project: Project, tmp_path: Path, wave: pd.DataFrame):
    plan(project, width=60.0)
    silent = wave[~wave["respondent"].astype(bool)]
    planned = plan(
        with_calls(project, tmp_path, calls_of(silent, ([10, 3, None] * len(silent))[: len(silent)])), width=60.0
    )
    assert planned.to_call == []
    assert "Nobody else needs to be called: expect a 95 % interval of " in planned.sentence
    assert not (project.output / "calls.csv").exists()


# --- the table of calls -----------------------------------------------------------------------------------------


def test_without_a_table_or_usable_calls_there_is_no_follow_up(
    project: Project, wave: pd.DataFrame, tmp_path: Path
):
    assert follow_up_of(project, wave) is None
    respondents = wave[wave["respondent"].astype(bool)].head(2)
    assert follow_up_of(with_calls(project, tmp_path, calls_of(respondents, [9, 9])), wave) is None


def test_calls_are_aligned_with_the_rows_of_the_wave(project: Project, wave: pd.DataFrame, tmp_path: Path):
    silent = wave[~wave["respondent"].astype(bool)].iloc[[7, 3, 20]]
    got = follow_up_of(with_calls(project, tmp_path, calls_of(silent, [10, 2, None])), wave)
    assert np.flatnonzero(got.called).tolist() == sorted(silent.index)
    assert got.classes[silent.index].tolist() == [2, 0, -1]
    assert (got.classes[~got.called] == -1).all()
    shuffled = wave.sample(frac=1.0, random_state=0)
    again = follow_up_of(with_calls(project, tmp_path, calls_of(silent, [10, 2, None])), shuffled)
    assert (again.classes == got.classes[shuffled.index]).all()


def test_calls_of_others_and_before_the_survey_are_set_aside_and_counted(
    project: Project, wave: pd.DataFrame, tmp_path: Path
):
    silent = wave[~wave["respondent"].astype(bool)].head(4)
    calls = calls_of(silent, [9, 9, 9, 9])
    calls.loc[calls.index[0], "called_at"] = pd.Timestamp("2020-01-01")
    respondent = calls_of(wave[wave["respondent"].astype(bool)].head(1), [9])
    stranger = calls.tail(1).assign(customer_id="nobody")
    listener = Listener()
    given = with_calls(project, tmp_path, pd.concat([calls, respondent, stranger]))
    got = follow_up_of(given, wave, watch=listener)
    assert got.called.sum() == 3
    assert listener.said == [
        "follow_up: 2 calls set aside, of no customer of a wave or before the wave asked the customer",
        "follow_up: 1 customer set aside, who answered the survey or are not in the wave",
    ]


def test_a_call_belongs_to_the_latest_wave_before_it(project: Project, tmp_path: Path):
    frame = read_features(project)
    first, second = sorted(frame["wave"].unique())[:2]
    quiet = frame[~frame["respondent"].astype(bool)]
    both = set(quiet.loc[quiet["wave"] == first, "customer_id"]) & set(
        quiet.loc[quiet["wave"] == second, "customer_id"]
    )
    customer = min(both)
    rows = quiet[quiet["customer_id"] == customer].set_index("wave")
    called = pd.DataFrame(
        {"customer_id": [customer], "called_at": [rows.loc[second, "as_of"] + LATER], "rating": [9]}
    )
    given = with_calls(project, tmp_path, called)
    assert follow_up_of(given, frame[frame["wave"] == first]) is None
    assert follow_up_of(given, frame[frame["wave"] == second]).called.sum() == 1


def test_of_several_calls_the_last_answered_counts(project: Project, wave: pd.DataFrame, tmp_path: Path):
    one, two = wave[~wave["respondent"].astype(bool)].head(2).index
    attempts = pd.concat([calls_of(wave.loc[[one] * 4 + [two] * 2], [2, 9, None, None, None, None])])
    attempts["called_at"] += pd.to_timedelta([0, 1, 2, 3, 0, 1], unit="D")
    got = follow_up_of(with_calls(project, tmp_path, attempts), wave)
    assert got.called.sum() == 2
    assert (got.classes[one], got.classes[two]) == (2, -1)


@pytest.mark.slow
def test_a_rating_of_eleven_stops_and_an_empty_one_does_not(project: Project, wave: pd.DataFrame, tmp_path: Path):
    silent = wave[~wave["respondent"].astype(bool)].head(3)
    given = with_calls(project, tmp_path, calls_of(silent, [9, None, 11]))
    with pytest.raises(DataError, match="follow_up: column 'rating' must be a whole number from 0 to 10, or empty"):
        follow_up_of(given, wave)
    (finding,) = all_findings(open_tables(given.config))
    assert (finding.table, finding.severity, finding.first_rows) == ("follow_up", "error", (3,))
    fine = with_calls(project, tmp_path, calls_of(silent, [9, None, 10]))
    assert all_findings(open_tables(fine.config)) == []


def test_the_whole_way_from_the_list_to_the_estimate(project: Project, wave: pd.DataFrame, tmp_path: Path):
    # Everybody on the list answers with the simulated truth, which the interval then holds.
    plan(project, width=20.0, answer_rate=1.0)
    ids = pd.read_csv(project.output / "calls.csv", dtype={"customer_id": str})["customer_id"]
    truth = pd.read_parquet(project.config.tables["customers"].path.parent / "truth.parquet")
    truth = truth[truth["wave"] == wave["wave"].iloc[0]].set_index("customer_id")["nps_class"].map(RATINGS)
    rows = wave[wave["customer_id"].isin(ids)]
    follow_up = follow_up_of(
        with_calls(project, tmp_path, calls_of(rows, truth[rows["customer_id"]].tolist())), wave
    )
    silent = wave["rating"].isna().to_numpy()
    bundle = load_bundle(project.model)
    features = bundle.complete(wave[silent].drop(columns=list(KEYS)))
    got = follow_up_estimate(
        bundle.silent_probabilities(features, wave.loc[silent, "invited"].to_numpy(dtype=np.bool_)),
        bundle.selection.log_odds(bundle.driver_encoder.transform(features)),
        follow_up.among(silent),
    )
    known = class_of_rating(truth[wave.loc[silent, "customer_id"]].to_numpy(dtype=np.float64))
    assert got.n_called == got.n_answered == len(ids)
    assert got.silent.low <= CLASS_VALUES[known].mean() <= got.silent.high
    assert got.silent.high - got.silent.low < 23
