"""The PDF: printed by a browser in a profile of its own, whole or not at all, with everything unfolded."""

from __future__ import annotations

import json
import re
import shutil
import stat
import sys
import types
import zlib
from pathlib import Path

import pytest
from written_report import content, told

from silentnps.errors import ConfigError, DataError
from silentnps.report.office import pdf
from silentnps.report.office.pdf import find_browser, require_printer, write_pdf
from silentnps.report.page.write import write_report

PAGE = "<p>one</p><details><summary>two</summary></details><details open></details>"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "report.html"
    path.write_text(PAGE, encoding="utf-8")
    return path


def browser_that(tmp_path: Path, does: str) -> Path:
    """Return a program that writes down how it was called and what it was to print, and then does something."""
    program = tmp_path / "browser"
    program.write_text(
        f"#!{sys.executable}\n"
        "import json, sys, time\n"
        "from pathlib import Path\n"
        "from urllib.request import urlopen\n"
        "options = dict(each.split('=', 1) for each in sys.argv[1:] if '=' in each)\n"
        "told = {'args': sys.argv[1:], 'page': urlopen(sys.argv[-1]).read().decode()}\n"
        f"Path({str(tmp_path / 'told.json')!r}).write_text(json.dumps(told))\n"
        f"{does}\n",
        encoding="utf-8",
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


PRINTS = "Path(options['--print-to-pdf']).write_bytes(b'%PDF-1.7 printed')"


def test_a_browser_prints_the_page_unfolded(tmp_path: Path, page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROME", str(browser_that(tmp_path, PRINTS)))
    target = tmp_path / "report.pdf"
    write_pdf(target, page)
    assert target.read_bytes() == b"%PDF-1.7 printed"
    called = json.loads((tmp_path / "told.json").read_text(encoding="utf-8"))
    assert called["page"] == PAGE.replace("<details>", "<details open>")
    (profile,) = [each.partition("=")[2] for each in called["args"] if each.startswith("--user-data-dir")]
    assert not Path(profile).exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["browser", "report.html", "report.pdf", "told.json"]


@pytest.mark.parametrize(
    ("does", "got"),
    [
        ("pass", "no PDF"),
        ("Path(options['--print-to-pdf']).write_bytes(b'<html>')", "no PDF"),
        ("time.sleep(60)", "TimeoutExpired"),
    ],
)
def test_what_is_not_printed_is_an_error_and_leaves_the_older_file(
    tmp_path: Path, page: Path, monkeypatch: pytest.MonkeyPatch, does: str, got: str
) -> None:
    monkeypatch.setenv("CHROME", str(browser_that(tmp_path, does)))
    if got == "TimeoutExpired":
        monkeypatch.setattr(pdf, "_PATIENCE_SECONDS", 0.2)
    target = tmp_path / "report.pdf"
    target.write_bytes(b"older")
    with pytest.raises(DataError, match=f"must print the report; got {got}"):
        write_pdf(target, page)
    assert target.read_bytes() == b"older"


def test_chrome_must_be_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROME", "no-such-browser")
    with pytest.raises(ConfigError, match="CHROME must be a program; got 'no-such-browser'"):
        find_browser()


def test_without_a_browser_weasyprint_prints(tmp_path: Path, page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class HTML:
        def __init__(self, filename: str) -> None:
            self.text = Path(filename).read_text(encoding="utf-8")

        def write_pdf(self, path: str) -> None:
            Path(path).write_text(f"%PDF of {self.text}", encoding="utf-8")

    monkeypatch.delenv("CHROME", raising=False)
    monkeypatch.setattr(pdf, "_BROWSERS", ())
    monkeypatch.setattr(pdf, "find_spec", lambda module: module)
    module = types.ModuleType("weasyprint")
    module.HTML = HTML
    monkeypatch.setitem(sys.modules, "weasyprint", module)
    write_pdf(tmp_path / "report.pdf", page)
    assert (tmp_path / "report.pdf").read_text(encoding="utf-8").startswith("%PDF of <p>one</p><details open>")


def test_without_either_the_error_has_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHROME", raising=False)
    monkeypatch.setattr(pdf, "_BROWSERS", ())
    monkeypatch.setattr(pdf, "find_spec", lambda module: None)
    with pytest.raises(
        ConfigError, match=r"needs a Chromium, or WeasyPrint; got neither\. Install Chromium.*CHROME"
    ):
        require_printer()


@pytest.mark.slow
def test_chromium_prints_the_report_on_a4(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHROME", raising=False)
    if not any(map(shutil.which, pdf._BROWSERS)):
        pytest.skip("there is no Chromium")
    write_report(tmp_path / "report.html", content(**told()))
    write_pdf(tmp_path / "report.pdf", tmp_path / "report.html")
    data = (tmp_path / "report.pdf").read_bytes()
    assert data.startswith(b"%PDF")
    texts = [data, *_streams(data)]
    boxes = {box for text in texts for box in re.findall(rb"/MediaBox\s*\[\s*0 0 (\d+)\S* (\d+)", text)}
    assert boxes <= {(b"594", b"841"), (b"595", b"841"), (b"595", b"842")}
    assert boxes
    n_pages = sum(len(re.findall(rb"/Type\s*/Page\b", text)) for text in texts)
    assert 4 <= n_pages <= 20


def _streams(data: bytes) -> list[bytes]:
    """Return the parts of a PDF that can be inflated."""
    found = []
    for part in re.findall(rb"stream\r?\n(.*?)endstream", data, flags=re.DOTALL):
        try:
            found.append(zlib.decompressobj().decompress(part))
        except zlib.error:
            continue
    return found
