"""The section on actions: how many customers a list has, who is left alone, and the CRM's names of fields."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator

from silentnps.config.values import Section

WRITE_BACK_COLUMNS = (
    *("nps_class", "nps_band", "expected_nps", "p_detractor", "p_passive", "p_promoter"),
    *("source", "as_of", "reasons_for", "reasons_against"),
)
"""Columns of the scores that are written back to other systems."""


class SalesforceConfig(Section):
    """The names that a Salesforce object has for the customer's id (an external id) and for columns of the scores.

    Without `fields` each column of the scores that is written back has a name such as NPS_Class__c.
    """

    id_field: str = Field(default="Customer_Id__c", min_length=1)
    fields: dict[str, str] = Field(default_factory=dict)

    @field_validator("fields")
    @classmethod
    def _known(cls, fields: dict[str, str]) -> dict[str, str]:
        for name in fields:
            if name not in WRITE_BACK_COLUMNS:
                raise ValueError(f"the key {name!r} must be one of {', '.join(WRITE_BACK_COLUMNS)}. Correct it")
        if len(set(fields.values())) < len(fields):
            raise ValueError("must have a field of its own for each column")
        return fields


class ActionsConfig(Section):
    """Lists of customers to contact.

    `playbook` is the user's file; without one that of the package counts. A list has `capacity` customers of most
    value. Of those who would be on it a random `holdout_share` is left alone for `read_back_days`, the days whose
    orders, returns and answers show what acting did. After a contact a customer is left alone for `period_days` by
    every goal and for `cooldown_days` by the same goal. `respondents` says whether those who answered are listed,
    by the class of their answer; `weekends` whether they are contacted on Saturdays and Sundays.
    """

    playbook: Path | None = None
    capacity: int = Field(default=200, ge=1, le=1_000_000)
    holdout_share: float = Field(default=0.1, ge=0, le=0.5)
    period_days: int = Field(default=30, ge=1, le=3650)
    cooldown_days: int = Field(default=90, ge=1, le=3650)
    read_back_days: int = Field(default=90, ge=1, le=3650)
    respondents: bool = True
    weekends: bool = False
    salesforce: SalesforceConfig = SalesforceConfig()
