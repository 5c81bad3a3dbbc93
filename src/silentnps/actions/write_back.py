"""The scores of everybody as other systems take them: a Salesforce object's fields, a profile's traits."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pandas as pd

from silentnps.config import WRITE_BACK_COLUMNS, SalesforceConfig

_DECIMALS = {"expected_nps": 1, "p_detractor": 4, "p_passive": 4, "p_promoter": 4}
_FORMULA = re.compile(r"['=+\-@\t\r\n＝＋－＠]|.*;['=+\-@＝＋－＠]", re.DOTALL)
TRAIT_NAMES = {name: f"nps_{name.replace('nps_', '').replace('_nps', '')}" for name in WRITE_BACK_COLUMNS}
"""The names of the traits of a profile by column of the scores."""


def salesforce_fields(config: SalesforceConfig) -> dict[str, str]:
    """Return the field of each column of the scores that is written: those of the configuration, or all.

    Examples
    --------
    >>> salesforce_fields(SalesforceConfig())["nps_class"], salesforce_fields(SalesforceConfig())["p_detractor"]
    ('NPS_Class__c', 'NPS_P_Detractor__c')
    """
    return dict(config.fields) or {name: f"{_titled(trait)}__c" for name, trait in TRAIT_NAMES.items()}


def _titled(trait: str) -> str:
    return "_".join("NPS" if part == "nps" else part.capitalize() for part in trait.split("_"))


def salesforce_rows(scores: pd.DataFrame, config: SalesforceConfig) -> tuple[pd.DataFrame, int]:
    """Return the rows of an upsert by the external id, and how many customers are left out.

    Left out is whose id a spreadsheet would compute: in a file that is safe there, Salesforce would not find it.
    """
    unsafe = scores["customer_id"].str.match(_FORMULA)
    kept = _rounded(scores[~unsafe])
    rows = {config.id_field: kept["customer_id"]}
    rows |= {field: kept[name] for name, field in salesforce_fields(config).items()}
    return pd.DataFrame(rows).reset_index(drop=True), int(unsafe.sum())


def profile_lines(scores: pd.DataFrame) -> Iterator[str]:
    """Yield a line of JSON per customer: the id and the traits, as an `identify` call has them."""
    for row in _rounded(scores).to_dict("records"):
        traits = {TRAIT_NAMES[name]: None if pd.isna(row[name]) else row[name] for name in WRITE_BACK_COLUMNS}
        call = {"type": "identify", "userId": row["customer_id"], "traits": traits, "timestamp": row["as_of"]}
        yield json.dumps(call, ensure_ascii=False)


def _rounded(scores: pd.DataFrame) -> pd.DataFrame:
    moments = scores["as_of"].dt.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return scores.round(_DECIMALS).assign(as_of=moments)
