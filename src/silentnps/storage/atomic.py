"""Files appear whole or not at all: they are written under a temporary name, then renamed."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

from silentnps.errors import DataError


def replace_file(path: Path, write: Callable[[Path], object], *, over_folder: bool = False) -> None:
    """Let `write` fill a temporary file beside `path`, then move it there, with `over_folder` also over a folder.

    Raises
    ------
    DataError
        If the file cannot be written; an older file at `path` is then intact.
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
    """Let `write` fill a temporary folder beside `path`, then put it in the place of `path`.

    Raises
    ------
    DataError
        If the folder cannot be written; an older folder at `path` is then intact.
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


def clear_leftovers(path: Path) -> None:
    """Clear away what killed writers of `path` left, and bring back the older folder if it was moved away.

    Nobody else may write `path` meanwhile: hold its lock.
    """
    left = sorted(each for each in path.parent.glob(f".{path.name}.*") if each.is_dir())
    for each in left:
        if each.suffix == ".old" and not path.exists():
            os.replace(each, path)
        shutil.rmtree(each, ignore_errors=True)
