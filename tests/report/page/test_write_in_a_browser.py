"""The report as a reader has it: in a browser, with and without a mouse, wide and narrow, light and dark."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from written_report import content, differences, estimate, segment, segments_shared_out, told

from silentnps.report.page.write import write_report

pytestmark = pytest.mark.slow

LONG = "an_unbroken_name_" * 20
SEGMENTS = [("north", 900, 5.5), ("west", 1200, -30.0), ("tiny", 12, None), ("south 10", 800, 12.0)]
SEGMENTS += [("south 9", 30, 0.0), (LONG, 700, 7.0)]
TEXTS = (
    "body",
    "main p",
    ".note",
    ".muted",
    ".tag",
    "summary",
    "th button",
    "th",
    "td",
    "a",
    "figcaption",
    ".notice",
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a page with everything in it, names that do not break among them."""
    rows = [segment(name, n, suppressed=nps is None) | {"value": nps} for name, n, nps in SEGMENTS]
    report = estimate(segments=pd.DataFrame(rows), segment_differences=differences(12))
    drivers = pd.concat([told()["drivers"], told()["drivers"].assign(words=LONG)])
    parts = told(segment_drivers=segments_shared_out("north", LONG), drivers=drivers)
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_report(path, content(report, **parts))
    return path


@pytest.fixture(scope="module")
def browser(file: Path) -> Iterator[Any]:
    """Return a browser that has the page open, and keeps what it logs and asks for."""
    pytest.importorskip("selenium", reason="selenium is not installed")
    programs = [shutil.which(name) for name in ("chromium", "chromedriver")]
    if None in programs:
        pytest.skip("there is no chromium with chromedriver")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = str(programs[0])
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    for word in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
        options.add_argument(word)
    driver = webdriver.Chrome(options=options, service=Service(str(programs[1])))
    try:
        driver.get(file.as_uri())
        yield driver
    finally:
        driver.quit()


def seen_as(browser: Any, file: Path, *, width: int, scheme: str) -> None:
    """Reload the page with everything unfolded, at a given width and colour scheme."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    browser.get(file.as_uri())
    browser.execute_script("for (const each of document.querySelectorAll('details')) each.open = true")


def head(browser: Any, section: str, name: str) -> Any:
    """Return the button in a head of the first table of a section that can be sorted by it."""
    path = f"//section[@id='{section}']//th[starts-with(normalize-space(.), '{name}')]/button"
    return browser.find_element("xpath", path)


def order(browser: Any, button: Any) -> tuple[str, list[str]]:
    """Return the order that a head tells, and the first cell of each row of its table."""
    script = "const t = arguments[0].closest('table'); return [arguments[0].parentNode.ariaSort, "
    script += "[...t.tBodies[0].rows].map(r => r.cells[0].textContent)]"
    told_order, names = browser.execute_script(script, button)
    return told_order, [name.strip()[:8] for name in names]


def test_numbers_are_sorted_as_numbers_and_what_is_missing_stays_last(browser: Any, file: Path) -> None:
    seen_as(browser, file, width=1280, scheme="light")
    button = head(browser, "segments", "Silent NPS")
    button.click()
    down = ["south 10", LONG[:8], "north", "south 9", "west", "tiny"]
    assert order(browser, button) == ("descending", down)
    button.click()
    assert order(browser, button) == ("ascending", [*down[-2::-1], "tiny"])


def test_the_keyboard_sorts_and_only_the_last_head_tells_an_order(browser: Any, file: Path) -> None:
    seen_as(browser, file, width=1280, scheme="light")
    head(browser, "segments", "Customers").send_keys(" ")
    assert order(browser, head(browser, "segments", "Customers"))[0] == "descending"
    button = head(browser, "segments", "Segment")
    button.send_keys("\ue007")
    assert order(browser, button) == ("ascending", [LONG[:8], "north", "south 9", "south 10", "tiny", "west"])
    assert browser.switch_to.active_element == button
    orders = browser.execute_script("return document.querySelectorAll('#segments [aria-sort]').length")
    assert orders == 1


@pytest.mark.parametrize(
    ("section", "name"), [("segments", "Difference"), ("drivers", "Points"), ("what-if", "Points")]
)
def test_the_other_tables_sort_by_what_their_cells_hold(browser: Any, file: Path, section: str, name: str) -> None:
    seen_as(browser, file, width=1280, scheme="light")
    button = head(browser, section, name)
    for sign in (-1, 1):
        button.click()
        script = "const h = arguments[0].parentNode; return [...h.closest('table').tBodies[0].rows]"
        values = browser.execute_script(f"{script}.map(r => Number(r.cells[h.cellIndex].dataset.value))", button)
        assert len(values) > 1
        assert (np.diff(values) * sign >= 0).all()


def test_the_page_says_nothing_in_the_console_and_asks_for_nothing(browser: Any, file: Path) -> None:
    seen_as(browser, file, width=1280, scheme="light")
    for button in browser.find_elements("css selector", "th button"):
        browser.execute_script("arguments[0].click()", button)
    assert browser.get_log("browser") == []
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = {each["params"]["request"]["url"] for each in messages if each["method"] == "Network.requestWillBeSent"}
    assert asked == {file.as_uri()}


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_does_not_scroll_sideways(browser: Any, file: Path, width: int) -> None:
    seen_as(browser, file, width=width, scheme="light")
    wide, room = browser.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
    assert wide <= room == width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast(browser: Any, file: Path, scheme: str) -> None:
    """WCAG 2.2, 1.4.3, of what the browser computed: at least 4.5 to 1 against what lies behind."""
    seen_as(browser, file, width=1280, scheme=scheme)
    page = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert (_luminance(page) > 0.5) == (scheme == "light")
    for text in TEXTS:
        front, back = browser.execute_script(_COLOURS, browser.find_element("css selector", text))
        assert _contrast(front, back) >= 4.5, (text, front, back)


_COLOURS = """
let behind = arguments[0];
while (getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)") behind = behind.parentElement;
return [getComputedStyle(arguments[0]).color, getComputedStyle(behind).backgroundColor];
"""


def _contrast(one: str, other: str) -> float:
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def _luminance(colour: str) -> float:
    channels = np.array([int(part) / 255 for part in re.findall(r"\d+", colour)[:3]])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])
