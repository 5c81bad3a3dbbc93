"""Render and write the page of `validate`: one self-contained HTML file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from silentnps.report.html_pages import page_templates
from silentnps.storage.atomic import replace_file

_SEVERITIES = ("error", "warning", "note")


def write_validation_page(path: Path, content: Mapping[str, Any]) -> None:
    """Write the page in one step; `content` is that of validation.json. It loads nothing and runs no script."""
    page = render_validation(content)
    replace_file(path, lambda temporary: temporary.write_text(page, encoding="utf-8", newline="\n"))


def render_validation(content: Mapping[str, Any]) -> str:
    """Return the page as HTML."""
    environment = page_templates()
    environment.filters |= {"whole": _whole, "percent": _percent}
    findings = sorted(content["findings"], key=lambda finding: _SEVERITIES.index(finding["severity"]))
    return environment.get_template("validation.html").render(
        **{**content, "findings": findings}, verdict_words=_verdict(content["verdict"])
    )


def _whole(number: int | None) -> str:
    return "–" if number is None else f"{number:,}"


def _percent(share: float | None) -> str:
    """Return a share in per cent; a small one is never shown as none, nor an incomplete one as all."""
    if share is None:
        return "–"
    if 0 < share < 0.001:
        return "< 0.1 %"
    return "> 99.9 %" if 0.999 < share < 1 else f"{100 * share:.1f} %"


def _verdict(verdict: Mapping[str, Any]) -> str:
    if verdict["errors"]:
        n = verdict["errors"]
        return f"{n:,} error{'s' * (n > 1)} must be corrected before a model can be trained"
    return "Look at this first" if verdict["attention"] else "The tables can be used"
