"""Features of earlier surveys whose tables are no longer in the configuration: the model scores without them."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from silentnps.bundle.training_reference import Reference
from silentnps.counts import counted
from silentnps.data.files.names import listed
from silentnps.features.catalog import CATALOG

_SURVEYS = frozenset({"responses", "invitations"})


def left_with_surveys(reference: Reference, columns: Collection[str], tables: Collection[str]) -> dict[str, float]:
    """Return the features that rows lack because a table of surveys has left, each with its value without one.

    That is the value of customers who were never asked and never answered, NaN where it is unknown.

    Parameters
    ----------
    columns
        The columns of the rows to score.
    tables
        The tables of the configuration.
    """
    left = _SURVEYS - set(tables)
    lacking = [name for name in reference.needed if name not in columns and name in CATALOG]
    empty = {name: CATALOG[name].empty for name in lacking if left & set(CATALOG[name].tables)}
    return {name: math.nan if value is None else value for name, value in empty.items()}


def words_for_left(values: Mapping[str, float]) -> str:
    """Return what is said of them."""
    tables = sorted({table for name in values for table in CATALOG[name].tables if table in _SURVEYS})
    return (
        f"{counted(len(values), 'feature')} of earlier surveys ({listed(values, most=3)}) cannot be built, as the"
        f" configuration has no table {' or '.join(tables)} any more: everybody is scored as a customer who was"
        " never asked before."
    )
