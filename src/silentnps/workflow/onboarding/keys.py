"""By which key the rows of a file find their customers: the one whose values the customers have too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from silentnps.data.files.duckdb_errors import GuardedBackend, query, quote
from silentnps.data.opening.scan import Source
from silentnps.data.values.casts import cast
from silentnps.workflow.onboarding.mapping import key_columns
from silentnps.workflow.onboarding.profiles import Column

EMAIL = "email"
LEAST_SHARE = 0.3
"""Share of the sampled values that must be among the customers' for a column to be their key."""

_COMPARED = 2_000
_BY_NAME = 0.25


@dataclass(frozen=True)
class Key:
    """A column of a file whose values are those of a column of another: `share` of those that were compared."""

    column: str
    theirs: str
    share: float
    form: str | None = None
    """`email` where the values are e-mail addresses, None for numbers and other ids."""


def key_of(
    backend: GuardedBackend,
    rows: str,
    columns: Mapping[str, Column],
    customers: Source,
    theirs: Mapping[str, Column],
    *,
    own: str,
) -> Key | None:
    """Return the key of the rows in the table `rows`, `own` being the column of the customers' ids; None if none.

    Every column that may be a key is compared with every unique one of the customers, by the share of its values
    that occur there. The name of a column decides between equal shares: numbers of orders and of customers overlap.
    """
    unique = [name for name in theirs if theirs[name].unique and (name == own or theirs[name].emails > LEAST_SHARE)]
    best: tuple[float, Key] | None = None
    for name, said in key_columns(columns).items():
        for other in unique:
            emails = theirs[other].emails > LEAST_SHARE
            if emails != (columns[name].emails > LEAST_SHARE):
                continue
            ours = cast(quote(name), family=columns[name].family, kind="id", zone=None).value
            share = share_of(backend, rows, ours, customers, theirs[other], emails=emails)
            rank = share + _BY_NAME * said - (0.0 if said or emails else _BY_NAME)
            if share >= LEAST_SHARE and (best is None or rank > best[0]):
                best = rank, Key(name, other, share, EMAIL if emails and other != own else None)
    return None if best is None else best[1]


def share_of(
    backend: GuardedBackend, rows: str, ours: str, customers: Source, theirs: Column, *, emails: bool
) -> float:
    """Return the share of different values of the SQL `ours` that are values of a column of customers.

    E-mail addresses are compared without case and blanks.
    """
    ids = cast(quote(theirs.name), family=theirs.family, kind="id", zone=None).value
    ours, ids = (f"lower(replace({value}, ' ', ''))" if emails else value for value in (ours, ids))
    values = f"SELECT DISTINCT {ours} AS silentnps_key FROM {rows} WHERE {ours} IS NOT NULL LIMIT {_COMPARED}"
    known = f"silentnps_key IN (SELECT {ids} FROM {customers.scan})"
    sql = f"SELECT coalesce(avg(CAST(({known}) AS DOUBLE)), 0.0) FROM ({values})"
    ((share,),) = query(backend, customers.name, sql)
    return float(share)
