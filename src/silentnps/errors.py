"""The errors of silentnps, by what the user must fix."""

from __future__ import annotations


class SilentNPSError(Exception):
    """Base of every error that silentnps raises on purpose; its text is one line: what, where and the cure.

    What a text quotes of names and settings can hold line breaks and control signs: they are written as escapes.

    Examples
    --------
    >>> raise DataError("orders.csv: amount must be a number; got 1 bad row: 7. Correct it.")
    Traceback (most recent call last):
        ...
    silentnps.errors.DataError: orders.csv: amount must be a number; got 1 bad row: 7. Correct it.
    """

    def __init__(self, text: str) -> None:
        super().__init__("".join(char if char.isprintable() else ascii(char)[1:-1] for char in text))


class ConfigError(SilentNPSError):
    """The configuration must be changed.

    Examples
    --------
    >>> issubclass(ConfigError, SilentNPSError)
    True
    """


class DataError(SilentNPSError):
    """A table must be changed.

    Examples
    --------
    >>> issubclass(DataError, SilentNPSError)
    True
    """


class ModelError(SilentNPSError):
    """The model is damaged, too new, or was trained for other data.

    Examples
    --------
    >>> issubclass(ModelError, SilentNPSError)
    True
    """
