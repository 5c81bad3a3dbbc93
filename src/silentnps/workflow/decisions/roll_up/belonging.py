"""Which account each customer belongs to, in which role, by the table of customers as it is now."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd

from silentnps.config import AccountsConfig, ProjectConfig
from silentnps.data.checking.checks import clean_tables
from silentnps.data.findings import refuse_errors
from silentnps.data.identity.linked_tables import read_linked_tables
from silentnps.errors import ConfigError
from silentnps.numerics.levels import as_text


def read_belonging(config: ProjectConfig, accounts: AccountsConfig) -> pd.DataFrame:
    """Return the account and the role of customers, one row each: customer_id, account, role (missing: None).

    Raises
    ------
    ConfigError
        If an attribute that `accounts` names is not there.
    """
    features = config.features.model_copy(update={"exclude": ()})  # what is excluded is not read
    read = read_linked_tables(config.model_copy(update={"features": features}), ("customers",))
    clean, findings = clean_tables(
        read.tables, now=datetime.now(UTC), earliest=config.earliest, identified_by=read.identified_by
    )
    refuse_errors(findings)
    customers = clean["customers"]
    wanted = {"account": accounts.column} | ({} if accounts.role is None else {"role": accounts.role})
    for key, name in wanted.items():
        if name not in customers.columns:
            shown = "column" if key == "account" else "role"
            raise ConfigError(
                f"accounts.{shown} must be an attribute of customers; got {name!r}. Correct the name."
            )
    chosen = {key: customers[name] for key, name in wanted.items()}
    found: pd.DataFrame = customers.select("customer_id", **chosen).to_pandas()
    for key in wanted:
        found[key] = as_text(found[key]).where(found[key].notna(), None)
    found["customer_id"] = found["customer_id"].astype(str)
    return found if "role" in wanted else found.assign(role=None)
