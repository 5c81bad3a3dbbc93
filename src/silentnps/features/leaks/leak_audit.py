"""The leak audit of features: which values cannot be computed from the customer's own past.

How well a feature alone predicts the answers is measured in `silentnps.leakage`; `outcome_word` checks the names.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa
from ibis.util import gen_name

from silentnps.data.checking.ties import last_of_moment
from silentnps.features.engine.build import build_features
from silentnps.features.engine.expressions import KEYS
from silentnps.features.population.survey_answers import relational_answers
from silentnps.features.population.wave_assignment import PERSON_WAVE
from silentnps.schema import KNOWN_AT, PLANNED, TABLES

AUDITED_ROWS = 2_000
"""How many rows of (customer, as_of) are rebuilt, half of them respondents where there are enough."""

COUNTS = ("n_changed", "n_lower", "n_higher", "n_filled_before", "n_filled_after")
"""Columns of `changed_rows` other than the name and the number of rows."""

_MOMENT = "silentnps_as_of"
_SETTLED_AT = {"escalated": "closed_at"}
"""Columns without a time of their own, and the column with the time after which they no longer change."""


@dataclass(frozen=True)
class Origin:
    """What features were built from: canonical tables, a stored population, and the names that were excluded.

    `left_out` names columns that were removed from the tables before, each with the reason.
    """

    tables: Mapping[str, ir.Table]
    population: ir.Table
    exclude: Collection[str] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)


def sample_rows(frame: pd.DataFrame, *, rows: int = AUDITED_ROWS, random_state: int = 0) -> pd.DataFrame:
    """Draw rows of built features at random, one per customer: half respondents, half silent customers.

    Where one group is too small, rows of the other make up the number. The rows come in the order of `frame`, whose
    index must be unique.
    """
    order = np.random.default_rng(random_state).permutation(len(frame))
    drawn = frame[["customer_id", "respondent"]].take(order)
    respondents = drawn[drawn["respondent"]].drop_duplicates("customer_id")
    silent = drawn[~drawn["respondent"]].drop_duplicates("customer_id")
    silent = silent[~silent["customer_id"].isin(respondents["customer_id"])]
    n_silent = min(len(silent), max(rows // 2, rows - len(respondents)))
    return frame.loc[sorted([*respondents.index[: rows - n_silent], *silent.index[:n_silent]])]


def rebuilt_from_the_past(origin: Origin, sample: pd.DataFrame) -> pd.DataFrame:
    """Build the features of sampled rows only from what was known about each customer before `as_of`.

    Events at or after `as_of` are removed. Other times at or after it are null, except planned ones, and so are the
    columns that depend on them. Nobody has answered yet, and there are no other customers. A table without
    customer_id is left as it is.

    Returns
    -------
    One row per row of `sample`, in its order, with the columns of `build_features`.
    """
    with _stored(origin.population, sample) as rows:
        moments = rows.select("customer_id", **{_MOMENT: rows.as_of})
        past = {
            name: _known_before(name, _counting_answers(name, table), moments)
            for name, table in origin.tables.items()
        }
        rebuilt = build_features(past, rows, exclude=origin.exclude)
    return sample[[*PERSON_WAVE]].merge(rebuilt, on=[*PERSON_WAVE], how="left", validate="one_to_one")


def changed_rows(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Compare the features of the same rows, in the same order, for exact equality; NaN equals NaN.

    Returns
    -------
    One row per feature of `before`: name, n_rows, n_changed, n_lower and n_higher (how many numbers became lower or
    higher), n_filled_before and n_filled_after (how many rows have a value that is neither missing nor zero).

    Examples
    --------
    >>> before = pd.DataFrame({"orders_count_90d": [2.0, 0.0, 5.0]})
    >>> after = pd.DataFrame({"orders_count_90d": [2.0, 0.0, 3.0]})
    >>> changed_rows(before, after)[["name", "n_rows", "n_changed", "n_lower", "n_higher"]]
                   name  n_rows  n_changed  n_lower  n_higher
    0  orders_count_90d       3          1        1         0
    """
    names = [str(name) for name in before.columns if name not in KEYS]
    counts = [_counts(before[name], after[name]) for name in names]
    table = pd.DataFrame(counts, columns=list(COUNTS), dtype=np.int64)
    table.insert(0, "n_rows", len(before))
    table.insert(0, "name", names)
    return table


def _counts(before: pd.Series, after: pd.Series) -> tuple[int, ...]:
    old, new = (column.astype("object").to_numpy() for column in (before, after))
    unknown_before, unknown_after = pd.isna(old), pd.isna(new)
    changed = (old != new) & ~(unknown_before & unknown_after)
    both = changed & ~unknown_before & ~unknown_after
    numeric = pd.api.types.is_numeric_dtype(before.dtype)
    n_lower = int((new[both] < old[both]).sum()) if numeric else 0
    n_higher = int(both.sum()) - n_lower if numeric else 0
    filled = (
        int((~unknown & (values != 0)).sum()) for unknown, values in ((unknown_before, old), (unknown_after, new))
    )
    return (int(changed.sum()), n_lower, n_higher, *filled)


@contextmanager
def _stored(population: ir.Table, sample: pd.DataFrame) -> Iterator[ir.Table]:
    """Store the sampled rows of the population as if nobody had answered, while the block runs."""
    connection, drawn, name = population.get_backend(), gen_name("drawn"), gen_name("audited")
    silent = {"respondent": ibis.literal(False), "rating": ibis.null("float64"), "reminders": ibis.null("float64")}
    # Not ibis.memtable: its views outlive the query, and ibis 12 cannot drop them with sqlglot 30.
    connection.con.register(drawn, pa.Table.from_pandas(sample[[*PERSON_WAVE]], preserve_index=False))
    try:
        # Not a temporary table: the cursors of the connection would not see it.
        connection.raw_sql(f"ATTACH ':memory:' AS \"{name}\"")
        rows = population.semi_join(connection.table(drawn), [*PERSON_WAVE]).mutate(**silent)
        yield connection.create_table("rows", rows, database=(name, "main"))
    finally:
        connection.raw_sql(f'DETACH DATABASE IF EXISTS "{name}"')
        connection.con.unregister(drawn)


def _counting_answers(name: str, table: ir.Table) -> ir.Table:
    """Return the answers that count in the whole table: the sample alone may not show that some are relational."""
    return relational_answers(last_of_moment(name, table)) if name == "responses" else table


def _known_before(name: str, table: ir.Table, moments: ir.Table) -> ir.Table:
    if "customer_id" not in table.columns:
        return table
    schema = TABLES[name]
    rows = table.inner_join(moments, "customer_id")
    if schema.clock:
        rows = rows.filter(rows[schema.clock] < rows[_MOMENT])
    if KNOWN_AT in rows.columns:
        rows = rows.filter(
            (rows[KNOWN_AT] < rows[_MOMENT]).fill_null(True)
        )  # without a known_at, known since its clock
    times = [column.name for column in schema.columns if column.kind == "time" and column.name != schema.clock]
    hideable = [time for time in times if time in table.columns and time not in {KNOWN_AT, *PLANNED}]
    was_known = {time: rows[time] < rows[_MOMENT] for time in hideable}
    was_settled = {
        column: was_known[time] for column, time in _SETTLED_AT.items() if column in table and time in was_known
    }
    known = {
        column: condition.ifelse(rows[column], ibis.null(rows[column].type()))
        for column, condition in (was_known | was_settled).items()
    }
    return rows.mutate(**known).select(table.columns)
