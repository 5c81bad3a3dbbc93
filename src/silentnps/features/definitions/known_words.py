"""Words in events as they are stored on disk: the ones that features know, and digests of all others."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from silentnps.features.definitions.baskets import ONLINE_CHANNELS
from silentnps.features.definitions.engagement import KINDS
from silentnps.features.definitions.outreach import CHANNELS
from silentnps.features.definitions.support import COMPLAINT

KNOWN_WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "orders": {"channel": ONLINE_CHANNELS, "category": ()},
    "outreach": {"channel": tuple(CHANNELS)},
    "support": {"category": (COMPLAINT,)},
    "engagement": {"kind": KINDS},
}
"""The words that features look for, in lower case, by table and column."""


def hash_unknown_words(name: str, events: ir.Table) -> ir.Table:
    """Return the events with words that no feature knows replaced by digests, equal words by equal digests.

    A category may contain anything that people write. Features only count how many different words there are.

    Examples
    --------
    >>> cases = ibis.memtable({"category": ["Complaint ", "Mrs Miller called"]})
    >>> stored = hash_unknown_words("support", cases).to_pandas()["category"]
    >>> stored[0], stored[1].isdigit()
    ('complaint', True)
    """
    columns = {column: words for column, words in KNOWN_WORDS.get(name, {}).items() if column in events.columns}
    return events.mutate(**{column: _known_or_digest(events[column], words) for column, words in columns.items()})


def _known_or_digest(column: ir.Value, known_words: tuple[str, ...]) -> ir.Value:
    word = column.strip().lower()
    digest = word.hash().cast("string")
    if not known_words:
        return ibis.cases((word.notnull(), digest))
    return ibis.cases((word.isin(known_words), word), (word.notnull(), digest))
