"""Files that appear complete or not at all: they are written under a temporary name, then renamed."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from silentnps.errors import DataError


def replace_file(path: Path, write: Callable[[Path], object], *, over_folder: bool = False) -> None:
    """Let `write` fill a temporary file beside `path`, then move it there; `over_folder` may replace a folder.

    Raises
    ------
    DataError
        If the file cannot be written; an older file at `path` is then unchanged.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    old = temporary.with_name(temporary.name + ".old")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(temporary)
        if over_folder and path.is_dir():
            os.replace(path, old)
        os.replace(temporary, path)
    except OSError as error:
        if old.exists() and not path.exists():
            os.replace(old, path)
        raise DataError(
            f"{path} cannot be written ({error.strerror or error}). Free space or rights there."
        ) from None
    finally:
        temporary.unlink(missing_ok=True)
        if path.exists():
            shutil.rmtree(old, ignore_errors=True)


def replace_folder(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary folder beside `path`, then move it to `path`.

    Raises
    ------
    DataError
        If the folder cannot be written; an older folder at `path` is then unchanged.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    old = temporary.with_name(temporary.name + ".old")
    try:
        temporary.mkdir(parents=True)
        write(temporary)
        if path.exists():
            os.replace(path, old)
        os.replace(temporary, path)
    except OSError as error:
        if old.exists() and not path.exists():
            os.replace(old, path)
        raise DataError(
            f"{path} cannot be written ({error.strerror or error}). Free space or rights there."
        ) from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if path.exists() and old.is_file():
            old.unlink()
        if path.exists():
            shutil.rmtree(old, ignore_errors=True)


@contextmanager
def work_folder(path: Path) -> Iterator[Path]:
    """Make a folder for the duration of the block; a folder left by an earlier run is emptied."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def clear_leftovers(path: Path) -> None:
    """Delete what killed writers of `path` left behind, and restore the older folder if it was moved away.

    Hold the lock of `path`: nobody else may write it meanwhile.
    """
    leftovers = sorted(folder for folder in path.parent.glob(f".{path.name}.*") if folder.is_dir())
    for folder in leftovers:
        if folder.suffix == ".old" and not path.exists():
            os.replace(folder, path)
        shutil.rmtree(folder, ignore_errors=True)
