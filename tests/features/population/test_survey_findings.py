"""Several surveys without configured waves are an error; with waves, a survey that they split is noted."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import yaml
from event_tables import connect

from silentnps.config import WavesConfig
from silentnps.data.findings import Finding
from silentnps.features.population.survey_findings import survey_findings

PEOPLE = [f"c{i:04d}" for i in range(2000)]
NONE = WavesConfig()


def answers(rng: np.random.Generator, start: str, n: int = 300, *, days: float = 2, who: slice = slice(0, 2000)):
    people = rng.choice(PEOPLE[who], n, replace=False)
    moments = pd.Timestamp(start) + pd.to_timedelta(np.floor(rng.exponential(days * 24, n)), unit="h")
    return pd.DataFrame({"customer_id": people, "responded_at": moments, "rating": rng.integers(0, 11, n)})


def findings_of(
    responses: list[pd.DataFrame], waves: WavesConfig = NONE, zone: str | None = None, **other
) -> list[Finding]:
    frame = pd.concat(responses, ignore_index=True).astype({"responded_at": "datetime64[us]"})
    return survey_findings(connect({"responses": frame, **other}), waves, zone)


def pasted(finding: Finding) -> dict:
    """Return the configuration that a finding offers first."""
    offered = finding.cure.split("`")
    return yaml.safe_load(next(part for part in offered if part.startswith("waves: {")))


def test_repeated_answers_of_a_wave_are_refused_where_that_is_configured() -> None:
    days = ["2025-03-10", "2025-03-11", "2025-03-11", "2025-04-10"]
    frame = pd.DataFrame(
        {"customer_id": ["a", "a", "b", "a"], "responded_at": pd.to_datetime(days), "rating": [9, 3, 7, 9]}
    )
    refuse = WavesConfig(period="month", repeats="refuse")
    (found,) = survey_findings(connect({"responses": frame}), refuse)
    assert (found.severity, found.rows) == ("error", 1)
    assert "1 customers answered more than once in a wave, 1 of them with different ratings" in str(found)
    assert all(one.effect == "note" for one in survey_findings(connect({"responses": frame[1:]}), refuse))


def test_one_survey_needs_no_waves() -> None:
    rng = np.random.default_rng(0)
    assert findings_of([answers(rng, "2025-03-30")]) == []


def test_several_surveys_are_refused_and_the_line_to_paste_separates_them() -> None:
    rng = np.random.default_rng(1)
    starts = ["2025-01-08", "2025-04-01", "2025-07-02", "2025-10-01"]
    for n in (2, 4):
        responses = [answers(rng, start) for start in starts[:n]]
        (refused,) = findings_of(responses)
        assert (refused.severity, refused.rows) == ("error", 300 * n)
        assert f"{n} bursts" in refused.cure
        assert "answered more than once" in refused.cure
        waves = WavesConfig.model_validate(pasted(refused)["waves"])
        assert [f"{day:%Y-%m-%d}" for day in waves.dates] == starts[:n]
        assert findings_of(responses, waves) == []


def test_answers_that_arrive_continuously_are_refused_or_noted() -> None:
    rng = np.random.default_rng(2)
    everybody = rng.permutation(PEOPLE)

    def trickle(days: int, people: np.ndarray) -> pd.DataFrame:
        moments = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, days * 24, len(people)), unit="h")
        return pd.DataFrame({"customer_id": people, "responded_at": moments, "rating": 5})

    (year,) = findings_of([trickle(365, everybody)])
    (quarter,) = findings_of([trickle(90, everybody)])
    (again,) = findings_of([trickle(90, everybody), trickle(90, everybody)])
    assert [year.severity, quarter.severity, again.severity] == ["error", "warning", "error"]
    assert pasted(year) == {"waves": {"period": "quarter"}}
    assert quarter.effect == "note"
    assert " of 2,000 customers answered more than once" in again.cure


def test_the_same_customers_in_one_burst_are_several_surveys() -> None:
    rng = np.random.default_rng(3)
    same = [answers(rng, start, 200, who=slice(0, 200), days=1) for start in ("2025-03-01", "2025-03-15")]
    others = [
        answers(rng, "2025-03-01", 200, who=slice(0, 200)),
        answers(rng, "2025-03-15", 200, who=slice(200, 400)),
    ]
    (refused,) = findings_of(same)
    assert (refused.severity, "200 of 200 customers" in refused.cure) == ("error", True)
    assert findings_of(others) == []


def test_an_answer_to_two_surveys_at_once_counts_as_two() -> None:
    rng = np.random.default_rng(4)
    one = answers(rng, "2025-03-01", 200, who=slice(0, 200)).assign(survey_id="nps-1")
    two = one.assign(survey_id="nps-2", responded_at=one["responded_at"] + pd.Timedelta(hours=2))
    assert [each.severity for each in findings_of([one, two])] == ["error"]
    assert findings_of([one, two.assign(survey_id="nps-1")]) == []


def test_invitations_make_bursts_where_answers_are_late() -> None:
    rng = np.random.default_rng(5)
    late = answers(rng, "2025-03-01", 200, days=40)
    invitations = pd.DataFrame({"customer_id": PEOPLE, "invited_at": pd.Timestamp("2025-03-01").as_unit("us")})
    assert findings_of([late], invitations=invitations) == []
    twice = pd.concat([invitations, invitations.assign(invited_at=pd.Timestamp("2025-06-01").as_unit("us"))])
    assert "2 bursts" in findings_of([late], invitations=twice)[0].cure


def test_a_survey_across_a_boundary_is_noted_with_its_counts_and_the_cure_keeps_it_together() -> None:
    rng = np.random.default_rng(6)
    responses = [answers(rng, "2025-01-08"), answers(rng, "2025-03-30")]
    (cut,) = findings_of(responses, WavesConfig(period="quarter"))
    april = int((responses[1]["responded_at"] >= "2025-04-01").sum())
    assert (cut.effect, cut.rows) == ("note", min(april, 300 - april))
    assert f"{300 - april:,} in 2025-Q1, {april:,} in 2025-Q2" in cut.cure
    assert findings_of(responses, WavesConfig.model_validate(pasted(cut)["waves"])) == []
    assert findings_of(responses[:1], WavesConfig(period="quarter")) == []


def test_explicit_dates_that_split_a_survey_are_noted_too() -> None:
    rng = np.random.default_rng(7)
    late = WavesConfig(dates=(datetime(2025, 3, 31, 12),))
    (cut,) = findings_of([answers(rng, "2025-03-30")], late)
    assert "in no wave" in cut.cure


def test_boundaries_are_those_of_the_zone() -> None:
    moments = pd.to_datetime(["2025-03-31T22:30"] * 40)  # 1 April in Berlin
    frame = pd.DataFrame({"customer_id": PEOPLE[:40], "responded_at": moments, "rating": 5})
    later = frame.assign(customer_id=PEOPLE[40:80], responded_at=moments + pd.Timedelta(hours=12))
    quarter = WavesConfig(period="quarter")
    assert findings_of([frame, later], quarter, "Europe/Berlin") == []
    assert [each.rows for each in findings_of([frame, later], quarter)] == [40]


def test_stragglers_that_alone_make_a_wave_are_noted() -> None:
    rng = np.random.default_rng(8)
    few = answers(rng, "2025-04-02", 3).assign(customer_id=PEOPLE[-3:])
    (cut,) = findings_of([answers(rng, "2025-03-10", days=1), few], WavesConfig(period="quarter"))
    assert "3 in 2025-Q2" in cut.cure
    spring = answers(rng, "2025-05-10", 300, days=1)
    assert findings_of([answers(rng, "2025-03-10", days=1), few, spring], WavesConfig(period="quarter")) == []
