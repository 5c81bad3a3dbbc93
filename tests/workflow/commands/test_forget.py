"""A forgotten customer is in no file of the project any more, and every later command still works."""

from __future__ import annotations

import json
import shutil
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import pandas as pd
import pytest
from projects import run

from silentnps.actions.ledger import tidy_ledger
from silentnps.actions.list_files import FORMATS, read_table, read_workbook, write_list
from silentnps.bundle.bundle import load_bundle
from silentnps.config import load_config
from silentnps.storage.parquet_tables import write_parquet
from silentnps.storage.spreadsheet_csv import write_csv
from silentnps.workflow.artifacts.features_digest import digest_of_features
from silentnps.workflow.artifacts.features_file import read_features
from silentnps.workflow.artifacts.out_of_fold import read_out_of_fold
from silentnps.workflow.artifacts.project import Project

NO_TEXT = ["number", "bool", "datetime", "datetimetz", "timedelta"]


@pytest.fixture
def copied(project: Project, tmp_path: Path) -> Project:
    """A copy of the project beside the same tables, with a call list, a picture and a stopped job."""
    shutil.copytree(project.output, tmp_path / "out")
    text = (project.output.parent / "config.yaml").read_text(encoding="utf-8")
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "data").symlink_to(project.output.parent / "data")
    return Project(load_config(tmp_path / "config.yaml"))


def customer_of(project: Project, *, respondent: bool) -> str:
    frame = read_features(project)
    wave = load_bundle(project.model).info["wave"]
    answered = set(frame.loc[frame["respondent"].astype(bool), "customer_id"])  # of any wave: training has all
    rows = frame[(frame["wave"] == wave) & (frame["customer_id"].isin(answered) == respondent)]
    return str(rows["customer_id"].iloc[7])


def places_of(project: Project, person: str) -> list[str]:
    """Return the files below the output that have the id, as text or inside Parquet."""
    assert not person.isdigit()  # no number and no time can hold it
    found = []
    for path in sorted(project.output.rglob("*")):
        if not path.is_file():
            continue
        inside = person.encode() in path.read_bytes()
        if path.suffix == ".parquet":
            inside = any(
                column.astype(str).str.contains(person, regex=False).any()
                for _, column in pd.read_parquet(path).select_dtypes(exclude=NO_TEXT).items()
            )
        if inside or person in path.name:
            found.append(path.relative_to(project.output).as_posix())
    return found


def with_lists(project: Project, person: str) -> None:
    """Add lists of actions in every format, with the customer and another, and files for other systems."""
    folder = project.output / "actions"
    folder.mkdir()
    table = pd.DataFrame({"customer_id": [person, "=other"], "rank": [1, 2], "value": [1.5, 2.5]})
    for kind in FORMATS:
        write_list(table, folder / f"recover.{kind}", kind=kind, about={"goal": "recover"})
    rows = pd.DataFrame({"customer_id": [person, "=other"], "goal": "recover", "listed_on": "2025-07-01"})
    write_parquet(tidy_ledger(rows), folder / "ledger.parquet", compression="none")
    write_csv(rows, folder / "holdout.csv")
    write_csv(rows[["customer_id"]].set_axis(["Customer_Id__c"], axis=1), folder / "salesforce.csv")
    lines = [json.dumps({"userId": each, "traits": {}}) for each in table["customer_id"]]
    (folder / "profile.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / ".recover.xlsx.0a").write_text(person, encoding="utf-8")


def test_the_lists_of_actions_are_whole_without_the_customer(copied: Project) -> None:
    person = customer_of(copied, respondent=False)
    with_lists(copied, person)
    folder = copied.output / "actions"
    code, out, err = run("forget", person, "-c", copied.output.parent / "config.yaml")
    assert code == 0, err
    assert places_of(copied, person) == []
    assert person.encode() not in b"".join(
        ZipFile(folder / "recover.xlsx").read(name) for name in ZipFile(folder / "recover.xlsx").namelist()
    )
    for name in ("recover.xlsx", "recover.csv", "holdout.csv"):
        assert read_table(folder / name)["customer_id"].tolist() == ["=other"]
    assert read_workbook(folder / "recover.xlsx")[1] == {"goal": "recover"}
    for name in ("recover.parquet", "ledger.parquet"):
        assert pd.read_parquet(folder / name)["customer_id"].tolist() == ["=other"]
    assert read_table(folder / "salesforce.csv")["customer_id__c"].tolist() == ["=other"]
    assert (folder / "profile.jsonl").read_text(encoding="utf-8").count("userId") == 1
    assert out.count("actions/") == 9


def with_more_files(project: Project, person: str) -> None:
    """Add a call list, a picture, a stopped job and kept rows of a customer."""
    output = project.output
    (output / "calls.csv").write_text(f"call,customer_id\n1,{person}\n2,0012\n3,'=1+1\n", encoding="utf-8")
    project.picture_of(person).parent.mkdir(exist_ok=True)
    project.picture_of(person).write_bytes(b"png")
    shutil.copytree(project.scores, output / ".scores.partial")
    (output / ".beside").mkdir()
    (output / ".beside" / "shap_waterfall.png").write_bytes(b"png")
    events = output / "events" / "features" / "orders" / "000000"
    events.mkdir(parents=True)
    pd.DataFrame({"customer_id": [person, "other"], "amount": [1, 2]}).to_parquet(
        events / "data_0.parquet", compression=None
    )


def would_be_taken_out(planned: str) -> list[str]:
    """Return the lines of a dry run as those of the run itself."""
    lines = [line for line in planned.splitlines() if " would be taken out" in line]
    assert lines
    return [line.replace("would be taken out", "taken out") for line in lines]


@pytest.mark.slow
@pytest.mark.parametrize("respondent", [True, False])
def test_the_customer_is_in_no_file_as_a_dry_run_says_before(copied: Project, respondent: bool) -> None:
    person = customer_of(copied, respondent=respondent)
    with_more_files(copied, person)
    before, digest = read_features(copied), digest_of_features(copied, load_bundle(copied.model).info["wave"])
    handed_over = read_out_of_fold(copied, load_bundle(copied.model))
    places = places_of(copied, person)
    assert len(places) >= 6
    config = copied.output.parent / "config.yaml"
    planned = run("forget", person, "-c", config, "--dry-run")[1] if respondent else ""
    assert places_of(copied, person) == places  # a dry run changes nothing
    assert not (copied.output / "forgotten.json").exists()
    code, out, err = run("forget", person, "-c", config)
    assert code == 0, err
    assert places_of(copied, person) == []
    assert not (copied.output / ".beside").exists()
    assert person not in out + err
    if respondent:  # and it says the same
        assert would_be_taken_out(planned) == [line for line in out.splitlines() if line.endswith(" taken out")]
    after = read_features(copied)
    pd.testing.assert_frame_equal(
        after, before[before["customer_id"] != person].reset_index(drop=True), check_categorical=False
    )
    assert digest_of_features(copied, load_bundle(copied.model).info["wave"]) == digest
    again = read_out_of_fold(copied, load_bundle(copied.model))
    others = handed_over.rows["customer_id"] != person
    pd.testing.assert_frame_equal(again.rows[others], handed_over.rows[others])
    assert (copied.output / "calls.csv").read_text(encoding="utf-8") == "call,customer_id\n2,0012\n3,'=1+1\n"
    manifest = json.loads((copied.scores / "_manifest.json").read_text(encoding="utf-8"))
    scores = pd.read_parquet(copied.scores)
    assert manifest["rows"] == len(scores) == sum(part["rows"] for part in manifest["parts"])
    for part in manifest["parts"]:
        assert sha256((copied.scores / part["name"]).read_bytes()).hexdigest() == part["sha256"]
    assert ("trained on an answer" in out) == respondent
    assert "the tables still have rows of the customer: customers 1" in out
    assert "silentnps train" in out


@pytest.mark.slow
def test_later_commands_work_and_do_not_bring_the_customer_back(copied: Project) -> None:
    person = customer_of(copied, respondent=False)
    config = copied.output.parent / "config.yaml"
    assert run("forget", person, "-c", config)[0] == 0
    for words in (("estimate",), ("score", "--reasons", "0"), ("features",)):
        code, _, err = run(*words, "-c", config)
        assert code == 0, err
        assert places_of(copied, person) == [], words
    assert "1 forgotten customer" in err
    code, out, _ = run("forget", person, "-c", config)
    assert code == 0
    assert "no file of the project has the customer" in out
    assert "model version 1 (" in out
    assert "recorded when forgotten before" in out


def test_an_unreadable_table_and_an_empty_id_are_told(copied: Project) -> None:
    config = copied.output.parent / "config.yaml"
    assert run("forget", " ", "-c", config)[0] == 1
    (copied.output.parent / "data").unlink()
    code, out, _ = run("forget", "nobody", "-c", config)
    assert code == 0
    assert "whether the tables still have the customer is not known" in out


def test_ids_that_are_part_of_others_stay(copied: Project) -> None:
    person = customer_of(copied, respondent=False)
    config = copied.output.parent / "config.yaml"
    n = len(read_features(copied))
    assert run("forget", person[:-1], "-c", config)[0] == 0
    assert len(read_features(copied)) == n
