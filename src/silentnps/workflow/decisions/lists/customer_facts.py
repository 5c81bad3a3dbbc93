"""What a list needs of customers beside their scores: expected spend, days since the last order, channels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow.dataset as ds

from silentnps.bundle.bundle import load_bundle
from silentnps.errors import ModelError
from silentnps.features.catalog import CATALOG
from silentnps.features.learned.learned_features import LearnedFeatures
from silentnps.workflow.artifacts.made_file import MadeFile
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.decisions.lists.channels import CHANNEL_COLUMNS, answered_channels

_EXPECTED, _SPENT, _SINCE = "lifetime_expected_amount_365d", "orders_amount_365d", "orders_days_since_last"
_INPUTS = CATALOG[_EXPECTED].inputs


@dataclass(frozen=True)
class CustomerFacts:
    """One row per customer: customer_id, expected_spend, days_since_order, channel and channel_from.

    `spend_from` says what expected spend is, empty where none is known.
    """

    table: pd.DataFrame
    spend_from: str


def customer_facts(project: Project, ids: pd.Series, wave: str, *, as_of: bool) -> CustomerFacts:
    """Return what is known of customers, in their order; from the base at a moment if `as_of`.

    Raises
    ------
    DataError
        If the features are missing or damaged.
    """
    made = MadeFile(project.features_as_of if as_of else project.features, "features")
    with made.reading():
        data = ds.dataset(made.path, format="parquet", exclude_invalid_files=False)
        names = [n for n in (*_INPUTS, _SPENT, _SINCE, *CHANNEL_COLUMNS) if n in data.schema.names]
        rows = data.to_table(columns=["customer_id", *names], filter=ds.field("wave") == wave).to_pandas()
    rows = pd.DataFrame({"customer_id": ids}).merge(rows, on="customer_id", how="left")
    spend, spend_from = _expected_spend(project, rows)
    table = pd.DataFrame({"customer_id": rows["customer_id"], "expected_spend": spend})
    table["days_since_order"] = rows[_SINCE].astype("float64") if _SINCE in rows else np.nan
    table[["channel", "channel_from"]] = answered_channels(rows).to_numpy()
    return CustomerFacts(table, spend_from)


def _expected_spend(project: Project, rows: pd.DataFrame) -> tuple[np.ndarray, str]:
    learned = _learned(project)
    fitted = learned.lifetime is not None and learned.spending is not None
    if fitted and set(_INPUTS) <= set(rows):
        known = rows[_INPUTS[0]].notna().to_numpy()
        spend = np.full(len(rows), np.nan)
        if known.any():
            spend[known] = CATALOG[_EXPECTED].function(rows[known], learned.lifetime, learned.spending)
        return spend, "expected in the next year, by BG/NBD and Gamma-Gamma"
    if _SPENT in rows:
        return rows[_SPENT].to_numpy(dtype=np.float64, na_value=np.nan), "of the last year"
    return np.full(len(rows), np.nan), ""


def _learned(project: Project) -> LearnedFeatures:
    try:
        return load_bundle(project.model).learned
    except ModelError:  # a base that was never surveyed
        return LearnedFeatures()
