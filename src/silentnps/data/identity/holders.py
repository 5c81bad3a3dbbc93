"""Which tables hold which keys of customers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from silentnps.config import ProjectConfig
from silentnps.data.files.duckdb_errors import quote
from silentnps.data.identity.key_values import compared
from silentnps.data.reading.keys import CUSTOMER_ID, LINKS, customers_are_known_by, keys_of

CUSTOMERS, IN_LINKS, EVENTS = "customers", "links", "events"
"""What says to whom a key belongs: the customers themselves, before links, and these before other tables."""


@dataclass(frozen=True)
class Holder:
    """A table that holds keys: SQL of its rows, and SQL of each key in the form in which it is compared.

    `customer` is SQL of the customers' own id, None where the table does not have it.
    """

    name: str
    rows: str
    keys: Mapping[str, str]
    customer: str | None

    @property
    def rank(self) -> str:
        """Return what kind of evidence the table is."""
        return CUSTOMERS if self.name == CUSTOMERS else IN_LINKS if self.name.startswith(LINKS) else EVENTS


def holders_of(backend: Backend, tables: Mapping[str, ir.Table], config: ProjectConfig) -> list[Holder]:
    """Return the tables that hold at least one key besides the one that identifies their rows."""
    holders = [_holder(backend, name, table, config) for name, table in tables.items()]
    return [holder for holder in holders if len(holder.keys) + (holder.customer is not None) > 1]


def _holder(backend: Backend, name: str, table: ir.Table, config: ProjectConfig) -> Holder:
    keys = {key: key for key in keys_of(config) if key in table.columns}
    declared = config.tables.get(name)
    identified_by = declared.identified_by if declared else None
    if identified_by is not None:
        keys[identified_by] = CUSTOMER_ID
    elif name == CUSTOMERS:
        keys |= {
            key: CUSTOMER_ID for key in keys_of(config) if key not in keys and customers_are_known_by(key, config)
        }
    own = identified_by is None and CUSTOMER_ID in table.columns
    return Holder(
        name,
        f"({backend.compile(table)})",
        {key: compared(quote(column), key, config) for key, column in keys.items()},
        CUSTOMER_ID if own else None,
    )
