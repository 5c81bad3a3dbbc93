"""A configuration from files: read by the commands that follow, the same every time, never a guess."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from own_files import write_own_files

from silentnps.config import load_config
from silentnps.data.reading.sources import read_tables
from silentnps.errors import ConfigError
from silentnps.workflow.commands.init import init
from silentnps.workflow.onboarding.questions import Answers, Question

BERLIN = Answers(timezone="Europe/Berlin")


def test_the_configuration_can_be_read_and_so_can_its_tables(tmp_path: Path) -> None:
    written = init(write_own_files(tmp_path), output=tmp_path / "config.yaml", answers=BERLIN)
    config = load_config(written.path)
    assert config.timezone == "Europe/Berlin"
    assert config.waves.period == "quarter"
    assert config.estimation.segments == ("Region",)
    assert config.features.shadow_features == ("Late deliveries",)
    assert config.features.exclude == ("Churned",)
    assert config.tables["responses"].identified_by == "email"
    rows = {name: table.count().execute() for name, table in read_tables(config).tables.items()}
    assert (rows["customers"], rows["orders"]) == (200, 300)


def test_every_choice_has_its_reason_and_what_is_unsure_is_marked(tmp_path: Path) -> None:
    written = init(write_own_files(tmp_path), output=tmp_path / "config.yaml", answers=BERLIN)
    lines = written.path.read_text(encoding="utf-8").splitlines()
    (zone,) = [line for line in lines if line.startswith("timezone")]
    assert "crm.csv: Joined" in zone
    (late,) = [line for line in lines if "- Late deliveries" in line]
    assert "UNSURE" in late
    assert any("Late deliveries" in sentence for sentence in written.proposal.unsure)


@pytest.mark.slow
def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    files = write_own_files(tmp_path)
    texts = [
        init(files, output=tmp_path / name, answers=BERLIN, name="shop").path.read_bytes()
        for name in ("a.yaml", "b.yaml")
    ]
    assert texts[0] == texts[1]


def test_what_the_files_leave_open_is_never_guessed(tmp_path: Path) -> None:
    files, output = write_own_files(tmp_path), tmp_path / "config.yaml"
    with pytest.raises(ConfigError, match=r"crm\.csv: Joined.*pass --timezone"):
        init(files, output=output)
    assert not output.exists()
    asked: list[Question] = []

    def ask(questions: list[Question], answers: Answers) -> Answers:
        asked.extend(questions)
        return BERLIN

    init(files, output=output, ask=ask)
    assert [question.field for question in asked] == ["timezone"]


def test_days_and_months_that_could_change_places_are_asked_for(tmp_path: Path) -> None:
    files = write_own_files(tmp_path, days="%m/%d/%Y")
    frame = pd.read_csv(files[0])
    frame[frame["Joined"].str.slice(3, 5).astype(int) <= 12].to_csv(files[0], index=False)
    with pytest.raises(ConfigError, match="pass --day-first or --month-first"):
        init(files[:1], output=tmp_path / "config.yaml", answers=BERLIN)
    written = init(files[:1], output=tmp_path / "config.yaml", answers=Answers("Europe/Berlin", day_first=False))
    assert load_config(written.path).tables["customers"].day_first is False


def test_files_that_say_their_zone_need_none(tmp_path: Path) -> None:
    files = write_own_files(tmp_path, days="%Y-%m-%dT10:00:00Z")
    config = load_config(init(files, output=tmp_path / "config.yaml").path)
    assert config.timezone is None


def test_numbers_since_1970_need_no_zone_and_may_be_ids(tmp_path: Path) -> None:
    ids = [1_700_000_000 + row for row in range(120)]
    people = pd.DataFrame({"customer_id": ids, "plan": ["a", "b", "c"] * 40})
    visits = pd.DataFrame({"customer_id": ids, "event_name": ["open", "click"] * 60, "timestamp": ids})
    people.to_csv(tmp_path / "crm.csv", index=False)
    visits.to_csv(tmp_path / "events.csv", index=False)
    visits.to_parquet(tmp_path / "events.parquet")
    for kind in ("csv", "parquet"):
        files = [str(tmp_path / "crm.csv"), str(tmp_path / f"events.{kind}")]
        written = init(files, output=tmp_path / f"{kind}.yaml")
        assert written.proposal.timezone is None
        columns = written.proposal.tables["engagement"]["columns"]
        assert {name: line.value for name, line in columns.items()} == {
            "customer_id": "customer_id",
            "occurred_at": "timestamp",
            "kind": "event_name",
        }
        assert columns["occurred_at"].reason.startswith("seconds since 1970 (UTC)")


def test_the_order_of_day_and_month_has_its_reason(tmp_path: Path) -> None:
    files = write_own_files(tmp_path, days="%m/%d/%Y")
    text = init(files[:1], output=tmp_path / "config.yaml", answers=BERLIN).path.read_text(encoding="utf-8")
    (line,) = [line for line in text.splitlines() if "signed_up_at" in line]
    assert "written month, day, year, as only the second number is ever above 12" in line


def test_few_shadows_are_told_and_only_families_that_the_columns_give(tmp_path: Path) -> None:
    files, output = write_own_files(tmp_path), tmp_path / "config.yaml"
    crm = pd.read_csv(files[0])
    written = init(files, output=output, answers=BERLIN)
    assert "#   shadows: support\n" in output.read_text(encoding="utf-8")
    assert not any(said.startswith("shadows:") for said in written.proposal.unsure)  # Late deliveries is one, too
    crm.drop(columns="Late deliveries").to_csv(files[0], index=False)
    said = init(files, output=output, answers=BERLIN, force=True).proposal.unsure
    assert any("only support is known" in sentence for sentence in said)
    said = init(files[:-1], output=output, answers=BERLIN, force=True).proposal.unsure
    assert any("nothing is known" in sentence and "missing at random" in sentence for sentence in said)


def test_an_older_configuration_is_kept(tmp_path: Path) -> None:
    files, output = write_own_files(tmp_path), tmp_path / "config.yaml"
    output.write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match="--force"):
        init(files, output=output, answers=BERLIN)
    assert output.read_text(encoding="utf-8") == "mine"
    assert init(files, output=output, answers=BERLIN, force=True).path == output
    assert load_config(output).timezone == "Europe/Berlin"
