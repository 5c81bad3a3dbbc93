"""Simulated rows as Arrow tables, written to a folder all at once."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from silentnps.errors import ConfigError
from silentnps.numerics.arrays import Floats, Integers
from silentnps.schema import KNOWN_AT, NPS_CLASSES, ROW_ID, TABLES, Column, Kind
from silentnps.simulation import contacts, customers, marketing, orders, survey
from silentnps.simulation.rows import Rows
from silentnps.simulation.timeline import EPOCH

TRUTH_OF_CAMPAIGN = "truth_of_campaign"
"""The table with the truth about the planted campaign, where there is one."""

# The simulated retailer writes each row once, has one currency, and asks everybody the same.
_NOT_SIMULATED = (
    *(KNOWN_AT, ROW_ID, "currency", "orders.category", "csat", "ces", "tags", "duration_seconds"),
    *("responses.associate_id", "invitations.survey_type", "fulfilled_at"),
)

# Follow-up calls are made after a plan, so the simulation has none.
_COLUMNS: dict[str, tuple[Column, ...]] = {
    name: tuple(
        column for column in table.columns if not {column.name, f"{name}.{column.name}"} & set(_NOT_SIMULATED)
    )
    for name, table in TABLES.items()
    if name != "follow_up"
}
_COLUMNS["customers"] += tuple(
    Column(name, "text") for name in ("region", "tier", "acquisition_channel", "age_band")
)
_COLUMNS["truth"] = (
    Column("customer_id", "id"),
    Column("wave", "text"),
    Column("nps_class", "text"),
    Column("satisfaction", "number"),
    Column("invited", "boolean"),
    Column("answered", "boolean"),
)
_COLUMNS[TRUTH_OF_CAMPAIGN] = (
    Column("customer_id", "id"),
    Column("treated", "boolean"),
    Column("probability", "number"),
    Column("satisfaction_effect", "number"),
    Column("nps_effect", "number"),
    Column("orders_effect", "number"),
)

_TYPES: dict[Kind, Any] = {
    "id": pa.string(),
    "text": pa.string(),
    "time": pa.timestamp("ms", tz="UTC"),
    "money": pa.float64(),
    "number": pa.float64(),
    "integer": pa.int32(),
    "boolean": pa.bool_(),
    "currency": pa.string(),
}

_VOCABULARIES: dict[tuple[str, str], tuple[str, ...]] = {
    ("customers", "region"): customers.REGIONS,
    ("customers", "tier"): customers.TIERS,
    ("customers", "acquisition_channel"): customers.ACQUISITION_CHANNELS,
    ("customers", "age_band"): customers.AGE_BANDS,
    ("responses", "survey_id"): survey.SURVEY_IDS,
    ("responses", "survey_type"): survey.SURVEY_TYPES,
    ("responses", "channel"): survey.SURVEY_CHANNELS,
    ("responses", "comment"): survey.COMMENTS,
    ("invitations", "survey_id"): survey.SURVEY_IDS,
    ("invitations", "channel"): survey.SURVEY_CHANNELS,
    ("orders", "channel"): orders.ORDER_CHANNELS,
    ("orders", "store_id"): orders.STORES,
    ("returns", "reason"): orders.RETURN_REASONS,
    ("outreach", "channel"): contacts.OUTREACH_CHANNELS,
    ("outreach", "associate_id"): contacts.ASSOCIATES,
    ("support", "category"): contacts.CASE_CATEGORIES,
    ("engagement", "kind"): marketing.ENGAGEMENT_KINDS,
    ("campaigns", "campaign_id"): (*marketing.CAMPAIGNS, marketing.PLANTED),
    ("truth", "wave"): survey.WAVE_LABELS,
    ("truth", "nps_class"): NPS_CLASSES,
}
"""The words that the codes of each column stand for."""


def to_arrow(name: str, rows: Rows, customer_ids: Any) -> Any:
    """Convert simulated rows to an Arrow table of the canonical columns.

    `customer_ids` holds the ids of the chunk's customers in order; rows refer to them by position.
    """
    arrays = [_to_array(name, column, rows[column.name], customer_ids) for column in _COLUMNS[name]]
    return pa.Table.from_arrays(arrays, schema=_schema(name))


def number_ids(prefix: str, numbers: Integers, width: int) -> Any:
    """Write numbers as ids: a prefix and the number, padded with zeros to `width` digits."""
    digits = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width=width, padding="0")
    return pc.binary_join_element_wise(prefix, digits, "")


@contextmanager
def table_writers(directory: Path, *, planted: bool = False) -> Iterator[Mapping[str, Any]]:
    """Open a Parquet writer for every table; the files appear in `directory` once all of them are complete.

    The truth of an earlier planted campaign goes where none is `planted`.

    Raises
    ------
    ConfigError
        If the directory cannot be made or written.
    """
    staging = _make_staging(directory)
    try:
        with ExitStack() as stack:
            names = [name for name in _COLUMNS if planted or name != TRUTH_OF_CAMPAIGN]
            yield {name: stack.enter_context(_writer(staging, name)) for name in names}
        if not planted:
            (directory / f"{TRUTH_OF_CAMPAIGN}.parquet").unlink(missing_ok=True)
        for path in sorted(staging.iterdir()):
            path.replace(directory / path.name)
    finally:
        shutil.rmtree(staging)


def _make_staging(directory: Path) -> Path:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=".simulate-", dir=directory))
    except OSError as error:
        raise ConfigError(
            f"{directory} must be a folder that can be written; got {error.strerror}. Choose another folder."
        ) from None


def _writer(folder: Path, name: str) -> Any:
    # Order ids do not repeat, so a dictionary of them would only take space.
    repeated = [column.name for column in _COLUMNS[name] if column.name != "order_id"]
    return pq.ParquetWriter(
        folder / f"{name}.parquet", _schema(name), compression="zstd", compression_level=1, use_dictionary=repeated
    )


def _schema(name: str) -> Any:
    return pa.schema([(column.name, _TYPES[column.kind]) for column in _COLUMNS[name]])


def _to_array(table: str, column: Column, values: NDArray[Any], customer_ids: Any) -> Any:
    if column.name == "customer_id":
        return customer_ids.take(pa.array(values))
    if column.name == "order_id":
        return number_ids("o", values, 9)
    if (table, column.name) in _VOCABULARIES:
        return pa.array(_VOCABULARIES[table, column.name]).take(pa.array(values, mask=values < 0))
    if column.kind == "time":
        return pa.array(_to_milliseconds(values), mask=np.isnan(values)).cast(_TYPES["time"])
    if column.kind == "money":
        return pa.array(np.round(values, 2))
    return pa.array(values).cast(_TYPES[column.kind])


def _to_milliseconds(days: Floats) -> Integers:
    """Return milliseconds since 1970 of days of the timeline, cut to whole seconds."""
    epoch = np.datetime64(EPOCH, "s").astype(np.int64)
    seconds = np.floor(np.nan_to_num(days) * 86_400).astype(np.int64)
    milliseconds: Integers = (epoch + seconds) * 1000
    return milliseconds
