"""Nothing of the data is read as markup: on the terminal, in Markdown, on the page, in pictures."""

from __future__ import annotations

import ast
import io
import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markupsafe import escape
from matplotlib.cbook import is_math_text
from typer import Exit
from written_report import estimate, page, segment

from silentnps.cli import explain, plan, registry, screen, tables
from silentnps.cli.watching.plain import PlainConsole
from silentnps.errors import DataError
from silentnps.estimation.follow_up.call_plan import CallPlan
from silentnps.evaluation.gates import Gate
from silentnps.explanation.plot import _short
from silentnps.features.engine.dictionary import catalog_markdown
from silentnps.features.engine.markdown_text import code, literal
from silentnps.report.markdown import rendered
from silentnps.tracking.registry import ModelVersion
from silentnps.workflow.commands.explain import CustomerExplained
from silentnps.workflow.drivers import Drivers

HOSTILE = (
    "[/north]",
    "basic [legacy]",
    ":100:",
    "[bold red]x[/]",
    "a\\[b]",
    "<b>&amp;</b>",
    "$a$ and $b$",
    "`x` **y**",
)
SOURCE = Path(__file__).resolve().parents[3] / "src" / "silentnps" / "cli"


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Return what any command prints, without folding."""
    found = io.StringIO()
    for module in (explain, plan, registry, screen, tables):
        for name in ("OUT", "ERR"):
            if hasattr(module, name):
                console = PlainConsole()
                console.file, console.width = found, 2000
                monkeypatch.setattr(module, name, console)
    return found


@pytest.mark.parametrize("text", HOSTILE)
def test_every_command_prints_the_text_that_is_there(printed: io.StringIO, text: str) -> None:
    shadows = estimate().shadow_test.assign(shadow=text, words=f"{text} counts")
    segments = pd.DataFrame([segment(text, 900) | {"segmentation": text}])
    differences = estimate().segment_differences.assign(segmentation=text, segment=text, other=text)
    report = estimate(
        shadow_test=shadows, segments=segments, segment_differences=differences, disagreement=text, warnings=(text,)
    )
    tables.show_estimate(report)
    screen.show_report(report)
    registry.show_gates([Gate(text, text, text, "FAIL")], 1)
    made = ModelVersion(1, "r", datetime(2025, 1, 1, tzinfo=UTC), aliases=(text,), params={"wave": text})
    registry.show_versions([made], text)
    words = pd.DataFrame({"words": [text], "points": [1.0]})
    explain.show_customer(
        CustomerExplained(text, text, None, 1.0, 2.0, words, words.assign(scenario=text), 1.0, Path(text))
    )
    by = pd.DataFrame({"words": [text], "mean_absolute_points": [1.0], "sign_agreement": [1.0], "stable": [True]})
    explain.show_drivers(Drivers(*[by.assign(grouping="family")] * 7))
    table = pd.DataFrame({"calls": [1], "answers": [1], "width_median": [1.0], "width_p80": [1.0]})
    plan._show(CallPlan(1, 1, 2.0, 0.8, 1.0, 1.0, None, table))
    assert printed.getvalue().count(text) >= 20


@pytest.mark.parametrize("text", HOSTILE)
def test_news_bars_and_errors_are_text(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    found = io.StringIO()
    console = PlainConsole(stderr=True)
    console.file, console.width = found, 500
    monkeypatch.setattr(screen.ERR, "console", console)

    def work() -> None:
        with screen.screen() as watch:
            watch.say(text)
            watch.bar(text, 3)(3)
            raise DataError(text)

    with pytest.raises(Exit):
        work()
    assert found.getvalue().count(text) >= 2
    assert f"error: {text}" in found.getvalue()


@given(st.text(max_size=40))
@example("\x1b[31mred\x07\r\u202eabc\ud800")
def test_signs_that_nobody_sees_are_written_out(text: str) -> None:
    console = PlainConsole()
    console.file, console.width = io.StringIO(), 10_000
    console.print(text)
    seen = console.file.getvalue()
    seen.encode()
    assert not set(seen) & {"\x1b", "\x07", "\r", "\u202e", "\x00"}


def test_every_console_is_plain_and_no_markup_is_written() -> None:
    for path in SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert "rich.console" not in imported or path.name == "plain.py", path.name
        assert "rich.markup" not in imported, path.name
        strings = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
        assert not [one for one in strings if isinstance(one, str) and "[/" in one], path.name


@settings(max_examples=200)
@given(st.text(st.sampled_from("ab1 |*_`[]()<>&#!\\~$:-.@/"), min_size=1, max_size=20))
def test_what_is_literal_comes_back_as_it_was(text: str) -> None:
    page_of = rendered(f"| name |\n| --- |\n| x{literal(text)}x |\n\n- y {literal(text)}\n\n{code(text)}")
    plain = " ".join(text.split())
    words = " ".join(re.sub("<[^>]*>", "", str(page_of)).split())
    for tag in ("<strong>", "<em>", "<a ", "<img"):
        assert tag not in str(page_of)
    assert str(escape(" ".join(f"x{text}x".split()))) in words
    assert str(escape(f"y {plain}".strip())) in words


def test_github_reads_no_markup_either() -> None:
    """Signs by which pages of Markdown know links, pictures, formulas and tables, each behind a backslash."""
    assert literal("[a](b)|*c*") == r"\[a\](b)\|\*c\*"
    assert literal("https://a.b :100: www.x $y$ <i>") == r"https\://a.b \:100: www\.x \$y\$ \<i\>"
    assert literal("home_store _x_ -1\n2024-Q1") == r"home_store \_x\_ -1 2024-Q1"
    assert code("a`b\nc") == r"a\`b c"
    assert code("home_store") == "`home_store`"
    assert r"- a\`b\|c" in catalog_markdown(["a`b|c"])


@pytest.mark.parametrize("text", HOSTILE)
def test_the_page_shows_the_text(text: str) -> None:
    found = page(report=estimate(segments=pd.DataFrame([segment(text, 900)]), warnings=(text,)), project=text)
    assert found.text.count(" ".join(text.split())) >= 3


@pytest.mark.parametrize("text", [*HOSTILE, "$", "\\$x$", "100 $ or 200 $"])
def test_pictures_hold_no_formulas(text: str) -> None:
    made = _short(text)
    assert is_math_text(made) is False or not np.any(is_math_text(made))
    assert made.replace("\\$", "$") == text
