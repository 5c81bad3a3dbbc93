"""Every link of the pages leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pages import PAGES, prose_of
from projects import ROOT

LINK = re.compile(r"\]\(([^)\s]+)\)")
MENTIONED = re.compile(r"`((?:src|docs|tests|benchmarks|configs|notebooks)/[\w./-]+)`")


def anchors_of(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as MkDocs and GitHub make them."""
    headings = re.findall(r"^#+ (.+)$", prose_of(page), re.MULTILINE)
    words = (re.sub(r"[^\w\s-]", "", heading.lower()).strip() for heading in headings)
    return {re.sub(r"[\s-]+", "-", word) for word in words}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings_that_exist(page: Path) -> None:
    for link in LINK.findall(prose_of(page)):
        file, _, anchor = link.partition("#")
        target = page if not file else (page.parent / file).resolve()
        assert "://" not in link, f"{page.name}: {link} cannot be checked without a network"
        assert target.is_relative_to(ROOT), f"{page.name}: {link} leads out of the repository"
        assert target.exists(), f"{page.name}: {link} leads nowhere"
        assert not anchor or anchor in anchors_of(target), f"{page.name}: no heading for {link}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_a_page_mentions_exist(page: Path) -> None:
    for name in MENTIONED.findall(prose_of(page)):
        assert (ROOT / name).exists(), f"{page.name} mentions {name}"
