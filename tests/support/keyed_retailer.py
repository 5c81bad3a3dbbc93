"""The tables of a simulated retailer as vendors export them: with e-mails and ids of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from silentnps.schema import TABLES


def email_of(customer: str) -> str:
    return f"Ann.{customer}@Example.com"


def zendesk_of(customer: str) -> str:
    return f"Z{customer}"


def write_keyed(source: Path, folder: Path) -> dict[str, Any]:
    """Write a retailer's tables with other keys into `folder` and return the `tables` of a configuration.

    Customers have an e-mail. Responses (CSV) and orders have it in other cases and with blanks, support has the
    number of its own software, which the file of `helpdesk_link` has beside the e-mail.
    """
    frames = {path.stem: pd.read_parquet(path) for path in source.glob("*.parquet")}
    emails = frames["customers"]["customer_id"].map(email_of)
    frames["customers"]["E-Mail"] = emails
    responses = frames["responses"]
    responses.insert(0, "email", responses.pop("customer_id").map(lambda one: f" {email_of(one).upper()} "))
    frames["orders"]["customer_id"] = frames["orders"]["customer_id"].map(lambda one: email_of(one).lower())
    frames["support"]["customer_id"] = frames["support"]["customer_id"].map(zendesk_of)
    frames["helpdesk"] = pd.DataFrame(
        {"requester_id": frames["customers"]["customer_id"].map(zendesk_of), "mail": emails}
    )
    for name, frame in frames.items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    responses.to_csv(folder / "responses.csv", index=False)
    tables: dict[str, Any] = {name: {"path": str(folder / f"{name}.parquet")} for name in frames if name in TABLES}
    tables["responses"] = {"path": str(folder / "responses.csv"), "identified_by": "email"}
    tables["orders"]["identified_by"] = "email"
    tables["support"]["identified_by"] = "zendesk_id"
    return tables


def helpdesk_link(folder: Path) -> dict[str, Any]:
    """Return the link of the helpdesk's own number with the e-mail."""
    return {"path": str(folder / "helpdesk.parquet"), "columns": {"zendesk_id": "requester_id", "email": "mail"}}
