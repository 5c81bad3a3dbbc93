"""Jobs of many parts resume where they stopped and publish only complete results."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from score_manifest import read_manifest

from silentnps.errors import DataError
from silentnps.storage.lock import write_lock
from silentnps.storage.resumable_job import MANIFEST, Job, open_job

KEY = {"model": "m1"}


class KilledError(Exception):
    """Stands for a kill: nothing is tidied up."""


def write_parts(job: Job, n: int, *, stop_after: int | None = None) -> None:
    for place in range(len(job.parts), n):
        if place == stop_after:
            raise KilledError
        job.write(f"part-{place}.txt", 10, lambda path, place=place: path.write_text(f"part {place}" * 10))


def run(
    target: Path, *, key: dict[str, str] = KEY, n: int = 4, stop_after: int | None = None, at: str = "t0"
) -> Job:
    with open_job(target, key, {"begun": at}) as job:
        write_parts(job, n, stop_after=stop_after)
    return job


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_job_that_was_stopped_gives_the_same_bytes_as_one_that_was_not(tmp_path: Path) -> None:
    run(tmp_path / "whole")
    target = tmp_path / "stopped"
    for stop in (1, 2, 3):
        with pytest.raises(KilledError):
            run(target, stop_after=stop, at=f"t{stop - 1}")
        assert not target.exists()
    job = run(target, at="t9")
    assert job.resumed == 3
    assert contents(target) == contents(tmp_path / "whole")
    assert read_manifest(target)["facts"] == {"begun": "t0"}
    assert read_manifest(target)["rows"] == 40


def test_the_older_result_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "scores"
    run(target, n=2)
    before = contents(target)
    with pytest.raises(KilledError):
        run(target, key={"model": "m2"}, stop_after=3)
    assert contents(target) == before
    run(target, key={"model": "m2"})
    assert len(contents(target)) == 5


def test_another_key_begins_afresh_and_says_so(tmp_path: Path) -> None:
    target = tmp_path / "scores"
    with pytest.raises(KilledError):
        run(target, stop_after=2)
    job = run(target, key={"model": "m2"}, at="t5")
    assert job.discarded
    assert job.resumed == 0
    assert read_manifest(target)["facts"] == {"begun": "t5"}
    assert not run(target, key={"model": "m3"}).discarded


@pytest.mark.parametrize(
    "harm", ["half a part", "part without a note", "half a note", "part missing", "no journal"]
)
def test_what_is_not_whole_is_made_again(tmp_path: Path, harm: str) -> None:
    run(tmp_path / "whole")
    target, staging = tmp_path / "scores", tmp_path / ".scores.partial"
    with pytest.raises(KilledError):
        run(target, stop_after=3)
    journal = staging / "_journal.jsonl"
    lines = journal.read_text().splitlines()
    if harm == "half a part":
        (staging / "part-2.txt").write_text("par")
    elif harm == "part without a note":
        journal.write_text("\n".join(lines[:2]) + "\n")
        (staging / ".part-3.txt").write_text("part 3pa")
    elif harm == "half a note":
        journal.write_text("\n".join(lines[:2]) + "\n" + lines[2][:20])
    elif harm == "part missing":
        (staging / "part-1.txt").unlink()
    else:
        journal.unlink()
    job = run(target)
    assert job.resumed == {"part missing": 1, "no journal": 0}.get(harm, 2)
    assert contents(target) == contents(tmp_path / "whole")


@pytest.mark.parametrize("moment", ["old taken away", "manifest written", "journal left"])
def test_a_kill_while_the_result_is_put_in_its_place_loses_nothing(tmp_path: Path, moment: str) -> None:
    target, staging = tmp_path / "scores", tmp_path / ".scores.partial"
    run(target, n=2)
    before = contents(target)
    with pytest.raises(KilledError):
        run(target, key={"model": "m2"}, stop_after=3)
    if moment == "old taken away":
        os.replace(target, tmp_path / ".scores.old")
    elif moment == "manifest written":
        begun = json.loads((staging / MANIFEST).read_text())
        (staging / MANIFEST).write_text(json.dumps({**begun, "rows": 40, "parts": []}))
    else:
        (target / "_journal.jsonl").write_text("")
    with pytest.raises(KilledError):
        run(target, key={"model": "m2"}, stop_after=3)
    assert {name: text for name, text in contents(target).items() if name != "_journal.jsonl"} == before
    job = run(target, key={"model": "m2"})
    assert job.resumed == 3
    assert set(contents(target)) == {MANIFEST, *(f"part-{i}.txt" for i in range(4))}
    assert {path.name for path in tmp_path.iterdir()} == {"scores", "scores.lock"}


def test_two_jobs_at_one_target_are_refused(tmp_path: Path) -> None:
    with write_lock(tmp_path / "scores"), pytest.raises(DataError, match="one job at a time"):
        run(tmp_path / "scores")
    run(tmp_path / "scores")


def test_a_full_disk_is_said_and_what_is_done_stays(tmp_path: Path) -> None:
    target = tmp_path / "scores"
    run(target, n=1)

    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    def until_full() -> None:
        with open_job(target, {"model": "m2"}, {}) as job:
            write_parts(job, 2)
            job.write("part-2.txt", 1, full)

    with pytest.raises(DataError, match=r"No space left on device.*completed parts are kept \(2 parts\)"):
        until_full()
    assert run(target, key={"model": "m2"}).resumed == 2


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="must be writable"):
        run(tmp_path / "file" / "scores")
