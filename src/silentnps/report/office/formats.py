"""What can be written beside the page of a report, and what each needs."""

from __future__ import annotations

from collections.abc import Collection
from importlib.util import find_spec
from typing import Literal

from silentnps.errors import ConfigError
from silentnps.report.office.pdf import require_printer

Format = Literal["pptx", "xlsx", "pdf"]

FORMATS: dict[Format, str] = {"pptx": "slides", "xlsx": "workbook", "pdf": "PDF"}
"""The formats in words, in their order."""


def require_formats(formats: Collection[Format]) -> None:
    """Make sure that all formats can be written.

    Raises
    ------
    ConfigError
        If a package or a browser is missing.
    """
    if "pptx" in formats and find_spec("pptx") is None:
        raise ConfigError("--pptx needs python-pptx; got none. Run `pip install 'silentnps[office]'`.")
    if "pdf" in formats:
        require_printer()
