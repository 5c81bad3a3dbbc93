"""What `validate` found, on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from silentnps.cli.screen import OUT, titled_table

if TYPE_CHECKING:
    from silentnps.workflow.told.validation import Validation

_ORDER = ("error", "warning", "note")
_MOST_NAMED = 4


def show_validation(validation: Validation) -> None:
    """Print the findings, the severe ones first, and tables of rows, missing features and answers."""
    for severity in _ORDER:
        for finding in validation.findings:
            if finding.severity == severity:
                OUT.print(f"{severity}: {finding}")
    content = validation.content
    _show_rows(content["tables"])
    for missing in content["missing_features"]:
        OUT.print(f"without {missing['missing']}: no {_named(missing['features'])}")
    _show_answers(content)
    for reason in content["verdict"]["attention"]:
        OUT.print(f"attention: {reason}")


def _show_rows(tables: list[dict[str, Any]]) -> None:
    shown = titled_table("Rows")
    shown.add_column("table")
    for name in ("rows", "used", "set aside"):
        shown.add_column(name, justify="right")
    shown.add_column("why")
    for table in tables:
        if table["rows"] is None:
            shown.add_row(table["table"], "", "", "", "cannot be read")
            continue
        aside = sum(reason["rows"] for reason in table["aside"])
        why = ", ".join(f"{reason['rows']:,} {reason['reason']}" for reason in table["aside"])
        shown.add_row(table["table"], f"{table['rows']:,}", f"{table['used']:,}", f"{aside:,}", why)
    OUT.print(shown)


def _show_answers(content: dict[str, Any] | Any) -> None:
    if not content["waves"]:
        return
    level = f"{100 * content['confidence_level']:g} %"
    shown = titled_table(f"Answers, and the {level} interval to expect for silent customers")
    shown.add_column("wave or segment")
    for name in ("customers", "answers", "rate", "expect", "good to weak features"):
        shown.add_column(name, justify="right")
    for record in (*content["waves"], *content["segments"]):
        shown.add_row(_name(record), f"{record['customers']:,}", f"{record['answers']:,}", *_rate(record))
    OUT.print(shown)


def _name(record: dict[str, Any]) -> str:
    return str(record["wave"]) if "wave" in record else f"  {record['by']} {record['segment'] or 'unknown'}"


def _rate(record: dict[str, Any]) -> tuple[str, str, str]:
    rate, expected = record["answer_rate"], record["expected"]
    shown = "" if rate is None else f"{100 * rate:.1f} %"
    if expected is None:
        return shown, "too few", ""
    return shown, f"± {expected['typical']:.1f}", f"± {expected['strong']:.1f} to {expected['weak']:.1f}"


def _named(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more features" if more > 0 else "")
