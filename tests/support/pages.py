"""The pages of the documentation: their links, their blocks of code, their tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from projects import ROOT

PAGES = (
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "benchmarks/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
)
"""Every page that people read, but for the list of changes."""

_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One fenced block of code: its language, text, page and line."""

    language: str
    text: str
    page: Path
    line: int

    @property
    def needs_results(self) -> bool:
        """Return whether the block reads what commands wrote into `out`."""
        return '"out/' in self.text

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks(*languages: str) -> list[Block]:
    """Return the fenced blocks of all pages in these languages."""
    return [block for page in PAGES for block in _blocks_of(page) if block.language in languages]


def _blocks_of(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for match in _FENCE.finditer(text):
        yield Block(match[1], match[2], page, text.count("\n", 0, match.start()) + 1)


def prose_of(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def paragraphs_of(page: Path) -> list[str]:
    """Return the paragraphs of a page: no headings, lists, tables, pictures or code."""
    chunks = (chunk.strip() for chunk in prose_of(page).split("\n\n"))
    return [chunk for chunk in chunks if chunk and not chunk.startswith(("#", "-", "|", "!"))]


def rows_of(text: str) -> list[list[str]]:
    """Return the cells of every row of the tables in a text, but for heads and rules."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    rules = {k for k, line in enumerate(lines) if set(line) <= set("|- ")}
    kept = (line for k, line in enumerate(lines) if k not in rules and k + 1 not in rules)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in kept]
