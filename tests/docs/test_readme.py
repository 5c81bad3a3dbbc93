"""README is one screen: what it is, how to run it, what it prints, the plan of the house, where to read on."""

from __future__ import annotations

import re
import runpy

from pages import blocks, paragraphs_of
from projects import ROOT

README = ROOT / "README.md"
ROOMS = runpy.run_path(str(ROOT / "tests" / "test_architecture.py"))["ROOMS"]


def test_readme_is_short() -> None:
    assert len(README.read_text(encoding="utf-8").split()) <= 900
    lengths = [len(paragraph.split()) for paragraph in paragraphs_of(README)]
    assert sum(lengths) / len(lengths) < 35


def test_readme_has_the_rooms_in_their_order() -> None:
    tree = next(block.text for block in blocks("text") if block.page == README and "cli/" in block.text)
    written = re.findall(r"^([a-z_, /]+?)\s{2,}", tree, re.MULTILINE)
    names = [name.strip().rstrip("/") for line in written for name in line.split(",")]
    folders = list(dict.fromkeys(room.split(".")[0] for room in ROOMS))
    assert names == folders


def test_the_one_picture_is_small() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README.read_text(encoding="utf-8"))
    assert len(pictures) == 1
    assert (ROOT / pictures[0]).stat().st_size < 300_000


def test_every_page_of_the_site_is_named_in_readme_and_in_the_menu() -> None:
    readme, menu = (ROOT.joinpath(name).read_text(encoding="utf-8") for name in ("README.md", "mkdocs.yml"))
    for page in sorted((ROOT / "docs").glob("*.md")):
        assert f": {page.name}" in menu
        assert page.name == "index.md" or f"docs/{page.name}" in readme
