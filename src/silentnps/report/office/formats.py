"""What can be written beside the page of a report, and what each needs."""

from __future__ import annotations

from collections.abc import Collection
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from silentnps.errors import ConfigError
from silentnps.report.content import ReportContent
from silentnps.report.office.pdf import require_printer, write_pdf

Format = Literal["pptx", "xlsx", "pdf"]

FORMATS: dict[Format, str] = {"pptx": "slides", "xlsx": "workbook", "pdf": "PDF"}
"""The formats in words, in the order in which they are written."""

_PACKAGES = {"pptx": ("pptx", "python-pptx"), "xlsx": ("xlsxwriter", "XlsxWriter")}


def require_formats(formats: Collection[Format]) -> None:
    """Make sure that all formats can be written.

    Raises
    ------
    ConfigError
        If a package or a browser is missing.
    """
    for name in FORMATS:
        if name not in formats:
            continue
        if name == "pdf":
            require_printer()
            continue
        module, package = _PACKAGES[name]
        if find_spec(module) is None:
            raise ConfigError(f"--{name} needs {package}; got none. Run `pip install 'silentnps[office]'`.")


def write_formats(page: Path, content: ReportContent, formats: Collection[Format]) -> list[Path]:
    """Write the report in further formats beside its page, from the same content; return the files.

    Raises
    ------
    ConfigError
        As `require_formats`.
    DataError
        If a file cannot be written, or the page not be printed.
    """
    require_formats(formats)
    written = [name for name in FORMATS if name in formats]
    for name in written:
        _write(name, page.with_suffix(f".{name}"), page, content)
    return [page.with_suffix(f".{name}") for name in written]


def _write(name: Format, path: Path, page: Path, content: ReportContent) -> None:
    if name == "pptx":
        from silentnps.report.office.slides import write_slides

        write_slides(path, content)
    elif name == "xlsx":
        from silentnps.report.office.workbook import write_workbook

        write_workbook(path, content)
    else:
        write_pdf(path, page)
