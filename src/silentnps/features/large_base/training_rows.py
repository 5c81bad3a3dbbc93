"""The rows of a large population that training needs: everybody in its wave, and answers and samples before it.

Samples are drawn by a hash of the customer's id and a seed. They do not depend on the order of rows, on threads or
on buckets, and a customer who is drawn for a small sample is in every larger one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis.util import gen_name

from silentnps.data.files.duckdb_errors import file_literal, literal
from silentnps.numerics.arrays import Booleans
from silentnps.storage.duckdb_memory import limited_memory

_PLACE = "silentnps_place"
_EARLIEST_ROWS, _BEFORE_ROWS = 100_000, 20_000
"""Rows of the earliest wave with answers, for the learned features, and of the wave before, for the reasons."""


@dataclass(frozen=True)
class WaveCounts:
    """A wave: how many customers answered, were invited and stayed silent, and were never invited."""

    wave: str
    n_answers: int
    n_asked: int
    n_never: int

    @property
    def n(self) -> int:
        """Return the number of customers."""
        return self.n_answers + self.n_asked + self.n_never


def count_waves(population: ir.Table) -> list[WaveCounts]:
    """Count the customers of each wave of a stored population, in the order of the waves."""
    query = (
        "SELECT wave, count(*) FILTER (respondent), count(*) FILTER (NOT respondent AND invited), "
        "count(*) FILTER (NOT respondent AND NOT invited) "
        f"FROM {population.get_name()} GROUP BY wave ORDER BY wave"
    )
    rows = population.get_backend().con.execute(query).fetchall()
    return [WaveCounts(str(wave), *map(int, counts)) for wave, *counts in rows]


@dataclass(frozen=True)
class TrainingRows:
    """Which rows of a population training holds in memory: all answers up to its wave, and hash samples of others.

    `asked` and `never` are the shares drawn of silent customers of the wave who were invited and who never were;
    `earlier` is the share of all rows that is drawn of an earlier wave, by its name.
    """

    wave: WaveCounts
    asked: float
    never: float
    earlier: Mapping[str, float]
    seed: int

    @staticmethod
    def of(waves: Sequence[WaveCounts], wave: str, *, most_silent: int, seed: int) -> TrainingRows:
        """Choose shares that draw about `most_silent` of each of the two groups of silent customers."""
        chosen = next(counts for counts in waves if counts.wave == wave)
        before = [counts for counts in waves if counts.wave < wave]
        wanted = {before[-1].wave: _BEFORE_ROWS} if before else {}
        earliest = next((counts.wave for counts in before if counts.n_answers), None)
        if earliest is not None:
            wanted[earliest] = _EARLIEST_ROWS
        earlier = {counts.wave: _share(wanted[counts.wave], counts.n) for counts in before if counts.wave in wanted}
        asked, never = (_share(most_silent, n) for n in (chosen.n_asked, chosen.n_never))
        return TrainingRows(chosen, asked, never, earlier, seed)

    @property
    def uniform(self) -> str:
        """Return the SQL of whether a row is in a simple random sample of its wave, whether it answered or not."""
        shares = {**self.earlier, self.wave.wave: min(self.asked, self.never)}
        return _either(f"(wave = {literal(wave)} AND {_PLACE} < {share!r})" for wave, share in shares.items())

    @property
    def held(self) -> str:
        """Return the SQL of whether a row is held in memory."""
        of_wave = f"CASE WHEN invited THEN {self.asked!r} ELSE {self.never!r} END"
        return f"(respondent OR (wave = {literal(self.wave.wave)} AND {_PLACE} < {of_wave}) OR {self.uniform})"

    def placed(self, source: str) -> str:
        """Return the SQL of rows up to the wave, each with the place of its customer, in [0, 1)."""
        hashed = f"md5_number_lower({literal(f'{self.seed}|')} || customer_id) / 18446744073709551616.0"
        return f"SELECT *, {hashed} AS {_PLACE} FROM {source} WHERE wave <= {literal(self.wave.wave)}"


def store_training_rows(population: ir.Table, rows: TrainingRows) -> ir.Table:
    """Store the rows that training builds features of in place of the population, which is dropped."""
    connection, name, stored = population.get_backend(), population.get_name(), gen_name("training_rows")
    columns = ", ".join(population.columns)
    with limited_memory(connection):
        connection.raw_sql(
            f'CREATE TEMP TABLE "{stored}" AS SELECT {columns} FROM ({rows.placed(name)}) '
            f"WHERE wave = {literal(rows.wave.wave)} OR {rows.held}"
        )
        connection.raw_sql(f"DROP TABLE {name}")
    return connection.table(stored)


def read_held_rows(connection: Any, features: Path, rows: TrainingRows) -> tuple[pd.DataFrame, Booleans]:
    """Return the features of the rows that are held, in the order of wave and customer, and which are `uniform`."""
    with limited_memory(connection):
        files = ", ".join(file_literal(path) for path in sorted(features.glob("part-*.parquet")))
        source = rows.placed(f"read_parquet([{files}])")
        query = (
            f"SELECT * EXCLUDE ({_PLACE}), coalesce({rows.uniform}, false) AS {_PLACE} FROM ({source}) "
            f"WHERE {rows.held} ORDER BY wave, customer_id"
        )
        frame = connection.con.sql(query).to_arrow_table().to_pandas()
    uniform = frame.pop(_PLACE).to_numpy(dtype=np.bool_)
    return frame, uniform


def _share(wanted: int, of: int) -> float:
    """Return the share to draw; beyond 1 where everybody is."""
    return 2.0 if of <= wanted else wanted / of


def _either(conditions: Any) -> str:
    return f"({' OR '.join(conditions)})"
