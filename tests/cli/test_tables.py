"""What `silentnps estimate` prints behind its table: as the page says it, in the letters of any terminal."""

from __future__ import annotations

import pytest
from written_report import DISAGREEMENT, HINT, differences, estimate

from silentnps.cli.screen import OUT
from silentnps.cli.tables import show_estimate
from silentnps.estimation.wave.nps_report import NPSReport


def printed(report: NPSReport) -> str:
    """Return what is printed of an estimate, as one line of words."""
    with OUT.console.capture() as found:
        show_estimate(report)
    return " ".join(found.get().replace("│", " ").split())


def test_every_part_is_printed_in_its_order() -> None:
    text = printed(estimate(segment_differences=differences(12)))
    parts = (
        "selection (headline) +8.1 +1.2 +14.9",
        DISAGREEMENT,
        "delivery +4.0 -6.5 +14.5 0.200 -4.1 points",
        "change its sign if",
        "meet the target of +30.0 if",
        "north 900 90 +40.0 +5.5",
        "region s9 rest +11.0 +1.0 +21.0",
        "2 more in segment_differences.csv",
        "no reminder 60",
        HINT,
    )
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("table", "title"),
    [
        ("shadow_test", "one family of shadows"),
        ("segment_differences", "differences between segments"),
        ("early_late", "reminders before the answer"),
        ("tipping_points", "change its sign"),
    ],
)
def test_a_table_without_rows_is_left_out(table: str, title: str) -> None:
    assert title in printed(estimate())
    assert title not in printed(estimate(**{table: getattr(estimate(), table).head(0)}))


def test_few_differences_need_no_file() -> None:
    assert "segment_differences.csv" not in printed(estimate())


def test_a_level_below_zero_is_printed_with_a_plain_minus() -> None:
    words = estimate().tipping_points.assign(words="It does not reach the survey's −26.5.")
    assert "the survey's -26.5" in printed(estimate(tipping_points=words))


def test_names_are_text_and_never_markup() -> None:
    shadows = estimate().shadow_test.assign(shadow="[red]late[/red]")
    assert "[red]late[/red]" in printed(estimate(shadow_test=shadows))
    table = differences(1).assign(segment="[bold]x", other="[/]y")
    assert "[bold]x [/]y" in printed(estimate(segment_differences=table))
