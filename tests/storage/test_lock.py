"""One writer at a time; a lock outlives nobody."""

from __future__ import annotations

import errno
import fcntl
import multiprocessing
import os
import threading
import time
from pathlib import Path

import pytest

from silentnps.errors import DataError
from silentnps.storage.lock import write_lock

SPAWN = multiprocessing.get_context("spawn")


def hold(target: Path) -> None:
    with write_lock(target):
        (target.parent / "held").touch()
        time.sleep(600)


def test_a_killed_process_leaves_a_file_but_no_lock(tmp_path: Path) -> None:
    holder = SPAWN.Process(target=hold, args=(tmp_path / "scores",))
    holder.start()
    while not (tmp_path / "held").exists():
        assert holder.is_alive()
        time.sleep(0.05)
    with (
        pytest.raises(DataError, match=r"one job at a time; got the lock .*scores\.lock"),
        write_lock(tmp_path / "scores"),
    ):
        pass
    holder.kill()
    holder.join()
    assert (tmp_path / "scores.lock").exists()
    with write_lock(tmp_path / "scores"):
        pass


def test_threads_of_one_process_exclude_each_other(tmp_path: Path) -> None:
    refusals: list[str] = []

    def write() -> None:
        try:
            with write_lock(tmp_path / "scores"):
                pass
        except DataError as error:
            refusals.append(str(error))

    with write_lock(tmp_path / "scores"):
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    write()
    assert len(refusals) == 1


def test_a_failure_in_the_block_releases_the_lock(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="inside"), write_lock(tmp_path / "scores"):
        raise OSError("inside")
    with write_lock(tmp_path / "scores"):
        pass


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS])
def test_a_file_system_without_locks_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def without_locks(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", without_locks)
    with (
        pytest.raises(DataError, match=r"scores\.lock must be lockable; got .* a disk of this machine"),
        write_lock(tmp_path / "scores"),
    ):
        pass
