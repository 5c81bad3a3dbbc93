"""Words of events as they are kept on disk: those that features know, and digests of all others."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from silentnps.features.definitions.baskets import ONLINE_CHANNELS
from silentnps.features.definitions.engagement import KINDS
from silentnps.features.definitions.outreach import CHANNELS
from silentnps.features.definitions.support import COMPLAINT

KNOWN: dict[str, dict[str, tuple[str, ...]]] = {
    "orders": {"channel": ONLINE_CHANNELS, "category": ()},
    "outreach": {"channel": tuple(CHANNELS)},
    "support": {"category": (COMPLAINT,)},
    "engagement": {"kind": KINDS},
}
"""The words that features compare with, in lower case, by table and column."""


def without_other_words(name: str, events: ir.Table) -> ir.Table:
    """Return events in which words that no feature knows are digests, the same for the same word.

    People write anything into a category: of such words features only count how many differ.
    """
    columns = {column: known for column, known in KNOWN.get(name, {}).items() if column in events.columns}
    return events.mutate(**{column: _known_or_digest(events[column], known) for column, known in columns.items()})


def _known_or_digest(column: ir.Value, known: tuple[str, ...]) -> ir.Value:
    word = column.strip().lower()
    digest = word.hash().cast("string")
    if not known:
        return ibis.cases((word.notnull(), digest))
    return ibis.cases((word.isin(known), word), (word.notnull(), digest))
