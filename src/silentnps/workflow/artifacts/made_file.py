"""What is said about a file of the project that is missing, damaged or of another model, with the cure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from silentnps.errors import DataError, SilentNPSError
from silentnps.storage.digests import ChangedFileError

_UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError)
"""What readers of JSON, NumPy and Parquet raise on content that is not what was written."""


@dataclass(frozen=True)
class MadeFile:
    """A file or folder that a command made.

    `command` is the command that makes it, as typed after `silentnps`; `error` is the kind of error to raise.
    """

    path: Path
    command: str
    error: type[SilentNPSError] = DataError

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Raise `error` with the cure if reading the file fails within the block."""
        try:
            yield
        except FileNotFoundError:
            raise self.error(f"{self.path} is missing. Run `silentnps {self.command}` first.") from None
        except ChangedFileError as changed:
            raise self._again("is damaged (its SHA-256 has changed)", changed.path) from None
        except _UNREADABLE:
            raise self._again("is damaged") from None

    def of_another_model(self) -> SilentNPSError:
        """Return the error for a file that was made for another model than the one in use."""
        return self._again("belongs to another model")

    def of_an_earlier_version(self) -> SilentNPSError:
        """Return the error for a file that an earlier version of silentnps wrote."""
        return self._again("was written by an earlier version")

    def _again(self, fault: str, path: Path | None = None) -> SilentNPSError:
        return self.error(f"{path or self.path} {fault}. Run `silentnps {self.command}` again.")
