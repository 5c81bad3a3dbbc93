"""The Markdown of a model card as HTML."""

from __future__ import annotations

import pytest
from written_report import CARD, Page, page, told

from silentnps.report.markdown import rendered


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# One", "<h1>One</h1>"),
        ("## Two ##", "<h2>Two</h2>"),
        ("one\ntwo", "<p>one\ntwo</p>"),
        ("one\n\ntwo", "<p>one</p>\n<p>two</p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("1. a\n2. b", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>"),
        ("said:\n- a", "<p>said:</p>\n<ul>\n<li>a</li>\n</ul>"),
        ("`a_b` and **c**", "<p><code>a_b</code> and <strong>c</strong></p>"),
        ("", ""),
        ("\n\n", ""),
    ],
)
def test_markdown_becomes_html(text: str, html: str) -> None:
    assert str(rendered(text)) == html


@pytest.mark.parametrize(
    "text",
    [
        "#no heading",
        "`open",
        "**open",
        "[a](b)",
        "![a](b)",
        "> said",
        "-no item",
        "| a | b |",
        "a | b",
        "<!-- a -->",
        "https://a.b",
        "~~~ a",
        "&amp;",
    ],
)
def test_anything_else_is_a_paragraph_of_text(text: str) -> None:
    found = Page(str(rendered(text)))
    assert found.text == text
    assert found.elements == [("p", {})]


def test_a_table_has_heads_of_columns_and_rows() -> None:
    html = str(rendered("| metric | value |\n| :--- | ---: |\n| rps | 0.17 |"))
    assert '<th scope="col">metric</th>\n<th scope="col">value</th>' in html
    assert '<tr>\n<th scope="row">rps</th>\n<td>0.17</td>\n</tr>' in html
    assert 'aria-label="Table: metric, value"' in html
    assert "---" not in html


def test_a_bar_that_is_escaped_stays_in_its_cell() -> None:
    html = str(rendered("| level |\n| --- |\n| a\\|b |"))
    assert '<th scope="row">a|b</th>' in html


def test_all_text_is_escaped() -> None:
    evil = '<img src=x onerror="y">'
    text = "\n\n".join(
        [f"# {evil}", evil, f"- {evil}", f"`{evil}`", f"**{evil}**", f"| {evil} |\n| --- |\n| {evil} |"]
    )
    html = str(rendered(text))
    assert "<img" not in html
    assert html.count("&lt;img") == 8
    assert not Page(html).all("img")


def test_headings_are_shifted_and_stop_at_the_sixth_level() -> None:
    assert str(rendered("# a\n\n## b\n\n##### c", shift=2)) == "<h3>a</h3>\n<h4>b</h4>\n<h6>c</h6>"


def test_the_model_card_stands_in_the_page_folded_up() -> None:
    found = page(**told())
    assert "Model card: acme Data answers: 2,567 metric value rps 0.17" in found.text
    assert ("h3", {}) in found.elements
    assert CARD not in found.text
