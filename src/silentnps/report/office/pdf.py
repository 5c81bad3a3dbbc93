"""The page of the report printed to PDF: by a Chromium that is there, else by WeasyPrint."""

from __future__ import annotations

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from silentnps.errors import ConfigError, DataError
from silentnps.storage.atomic import replace_file

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_PATIENCE_SECONDS = 120.0
_CURE = (
    "Install Chromium or Google Chrome, or name one in the environment variable CHROME, or run `pip install "
    "weasyprint`."
)


def find_browser() -> str | None:
    """Return the Chromium to print with: that of the environment variable CHROME, else one on the path.

    Raises
    ------
    ConfigError
        If CHROME names no program.
    """
    named = os.environ.get("CHROME", "")
    if named:
        found = shutil.which(named)
        if found is None:
            raise ConfigError(f"CHROME must be a program; got {named!r}. Correct it, or unset it.")
        return found
    return next((path for path in map(shutil.which, _BROWSERS) if path), None)


def require_printer() -> None:
    """Make sure that a page can be printed.

    Raises
    ------
    ConfigError
        If there is neither a Chromium nor WeasyPrint.
    """
    if find_browser() is None and find_spec("weasyprint") is None:
        raise ConfigError(f"--pdf needs a Chromium, or WeasyPrint; got neither. {_CURE}")


def write_pdf(path: Path, page: Path) -> None:
    """Print a page that holds all that it shows, with everything unfolded, in one step.

    Raises
    ------
    ConfigError
        As `require_printer`.
    DataError
        If the page cannot be printed.
    """
    require_printer()
    browser = find_browser()
    with TemporaryDirectory(prefix="silentnps-pdf-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        unfolded, printed = folder / page.name, folder / "printed.pdf"
        text = page.read_text(encoding="utf-8").replace("<details>", "<details open>")
        unfolded.write_text(text, encoding="utf-8")
        if browser is None:
            _print_with_weasyprint(unfolded, printed)
        else:
            _print_with_browser(browser, unfolded, printed, profile=folder / "profile")
        data = printed.read_bytes()
    replace_file(path, lambda temporary: temporary.write_bytes(data))


def _print_with_browser(browser: str, page: Path, printed: Path, *, profile: Path) -> None:
    command = [
        *(browser, "--headless", "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions"),
        *("--no-first-run", "--no-default-browser-check", "--disable-background-networking"),
        *("--hide-scrollbars", "--no-pdf-header-footer", "--print-to-pdf-no-header"),
        *(f"--user-data-dir={profile}", f"--print-to-pdf={printed}"),
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--no-sandbox")  # Chromium refuses to run as root with it
    try:
        subprocess.run(
            [*command, page.as_uri()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _not_printed(browser, type(error).__name__) from None
    if not printed.exists() or not printed.read_bytes().startswith(b"%PDF"):
        raise _not_printed(browser, "no PDF")


def _print_with_weasyprint(page: Path, printed: Path) -> None:
    try:
        from weasyprint import HTML

        HTML(filename=str(page)).write_pdf(str(printed))
    except (OSError, ValueError) as error:  # OSError: Pango is missing
        raise _not_printed("WeasyPrint", type(error).__name__) from None


def _not_printed(by: str, got: str) -> DataError:
    return DataError(f"{by} must print the report; got {got}. Name another browser in CHROME, or print it by hand.")
