"""Names of columns as messages write them: exactly, and so that they can be pasted into YAML."""

from __future__ import annotations

import re
from collections.abc import Iterable

_PLAIN = re.compile(r"[^\W\d][\w .()/%+-]*(?<![ ])")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
_LONGEST, _START = 400, 120
"""Questions of surveys are names of columns; longer ones are text that was taken for a header."""

_ESCAPES = {'"': r"\"", "\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t"}


def as_yaml(name: str) -> str:
    """Return a name as YAML has it: bare if it may be, else in double quotes with escapes."""
    return name if _is_plain(name) else f'"{_escaped(name)}"'


def quoted(name: str) -> str:
    """Return a name within a sentence, in quotes: simple ones in single quotes, others as YAML has them."""
    return f"'{name}'" if _is_plain(name) and len(name) <= _LONGEST else shortened(name)


def shortened(name: str) -> str:
    """Return a name as YAML has it, of a very long one the start.

    Examples
    --------
    >>> shortened("x" * 1000) == "x" * 120 + "... (1,000 characters)"
    True
    """
    return as_yaml(name) if len(name) <= _LONGEST else f"{as_yaml(name[:_START])}... ({len(name):,} characters)"


def listed(names: Iterable[str], *, most: int = 20) -> str:
    """Return the first names with commas between them."""
    texts = [shortened(name) for name in names]
    return ", ".join(texts[:most]) + (f" and {len(texts) - most} more" if len(texts) > most else "")


def squeezed(name: str) -> str:
    """Return a name in lower case with one blank for any number of blanks and line breaks."""
    return " ".join(name.lower().split())


def _is_plain(name: str) -> bool:
    return bool(_PLAIN.fullmatch(name)) and name.isprintable() and name.lower() not in _WORDS


def _escaped(name: str) -> str:
    return "".join(_ESCAPES.get(char) or (char if char.isprintable() else _code(ord(char))) for char in name)


def _code(point: int) -> str:
    if point < 0x100:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"
