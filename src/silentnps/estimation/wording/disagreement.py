"""The sentence on what the other assumptions say beside the headline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from silentnps.estimation.checks.agreement import COMPARED, with_differences
from silentnps.estimation.formulas.verdict import MATTERS
from silentnps.estimation.wording.assumptions import ASSUMPTIONS
from silentnps.estimation.wording.numbers import joined, size_in_points

_Row = Mapping[Any, Any]


def describe_disagreement(table: pd.DataFrame, headline: str, *, matters: float = MATTERS) -> str:
    """Return which assumptions contradict the headline, what that means, which agree, and which may do either.

    Parameters
    ----------
    table
        As `with_differences` returns it; one without differences is compared as if all were independent.
    headline
        The assumption of the headline, a row of the table.
    matters
        The least difference that matters, in points.
    """
    compared = table if "verdict" in table else with_differences(table, headline, {}, matters=matters)
    rows = {str(row["assumption"]): row for row in compared.to_dict("records")}
    verdicts = {code: str(rows[code]["verdict"]) for code in COMPARED if code in rows and code != headline}
    against = [code for code, verdict in verdicts.items() if verdict == "contradicts"]
    agreeing = [code for code, verdict in verdicts.items() if verdict == "agrees"]
    if len(agreeing) == len(verdicts):
        return _all_agree(agreeing, rows, rows[headline], size_in_points(matters))
    unknown = [code for code in verdicts if code not in against and code not in agreeing]
    return " ".join(
        [
            *_contradicting(against, rows, rows[headline]),
            *_unknown(unknown, rows, rows[headline], size_in_points(matters)),
            *_agreeing(agreeing, rows, size_in_points(matters)),
        ]
    )


def _all_agree(codes: list[str], rows: Mapping[str, _Row], headline: _Row, size: str) -> str:
    return (
        f"Every other assumption lies within {size} of the headline of {headline['value']:+.1f}, its interval "
        f"counted: {_listed(codes, rows)}. What is assumed about who answers matters little here."
    )


def _contradicting(codes: list[str], rows: Mapping[str, _Row], headline: _Row) -> list[str]:
    if not codes:
        return []
    implied = {"weighted"} if "mar" in codes else set()
    meaning = joined([ASSUMPTIONS[code].if_contradicted for code in codes if code not in implied])
    verb = "differs" if len(codes) == 1 else "differ"
    return [
        f"{_capital(_listed(codes, rows))} {verb} from the headline ({headline['low']:+.1f} to "
        f"{headline['high']:+.1f}) by more than chance explains: if the headline's assumption holds, {meaning}."
    ]


def _unknown(codes: list[str], rows: Mapping[str, _Row], headline: _Row, size: str) -> list[str]:
    if not codes:
        return []
    parts = [
        f"{ASSUMPTIONS[code].name} ({rows[code]['value']:+.1f}; difference {rows[code]['difference_low']:+.1f} to "
        f"{rows[code]['difference_high']:+.1f})"
        for code in codes
    ]
    verb = "differs" if len(codes) == 1 else "differ"
    return [
        f"Whether {joined(parts)} {verb} from the headline of {headline['value']:+.1f} by {size} or more, these "
        "data cannot tell."
    ]


def _agreeing(codes: list[str], rows: Mapping[str, _Row], size: str) -> list[str]:
    if not codes:
        return []
    verb = "agrees" if len(codes) == 1 else "agree"
    return [f"{_capital(_listed(codes, rows))} {verb} with it within {size}."]


def _listed(codes: list[str], rows: Mapping[str, _Row]) -> str:
    return joined([f"{ASSUMPTIONS[code].name} ({rows[code]['value']:+.1f})" for code in codes])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
