"""Which exports a file may be, by the names of its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from silentnps.data.exports.columns import Columns
from silentnps.data.exports.preset import Preset, Recognise


@dataclass(frozen=True)
class Match:
    """One preset that recognises a file: `tables` that it gives, and by which columns of the file it is known."""

    name: str
    preset: Preset
    tables: tuple[str, ...]
    recognised_by: tuple[str, ...]


def recognise(columns: Sequence[str], presets: Mapping[str, Preset]) -> list[Match]:
    """Return the presets that recognise a file with these columns, the best first.

    A preset recognises a file that has every column of its `must`, in any order and case. The more columns of
    `must` and `may` there are, the better it matches; where that is equal, the one that misses fewer is better.

    Examples
    --------
    >>> from silentnps.data.exports.load import load_presets
    >>> header = ["Name", "Email", "Financial Status", "Created at", "Total", "Lineitem quantity", "Currency"]
    >>> [(match.name, match.tables) for match in recognise(header, load_presets())]
    [('shopify_orders', ('orders',))]
    """
    there = Columns(columns)
    matches = [match for name, preset in presets.items() if (match := _match(name, preset, there)) is not None]
    return sorted(matches, key=lambda match: (-len(match.recognised_by), _n_missing(match), match.name))


def known_by(form: Recognise, there: Columns) -> tuple[str, ...]:
    """Return the columns by which a file is recognised; none if it is not."""
    must = [there.find(names) for names in form.must]
    if None in must:
        return ()
    may = [there.find(names) for names in form.may]
    return tuple(dict.fromkeys(found.name for found in (*must, *may) if found is not None))


def _match(name: str, preset: Preset, there: Columns) -> Match | None:
    known = known_by(preset.recognise, there)
    return Match(name, preset, tuple(preset.tables), known) if known else None


def _n_missing(match: Match) -> int:
    return len(match.preset.recognise.must) + len(match.preset.recognise.may) - len(match.recognised_by)
