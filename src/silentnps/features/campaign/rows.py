"""Customers, their moments and their answers around a campaign, as data frames."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import reduce

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis.util import gen_name

from silentnps.features.engine.expressions import Population, Tables
from silentnps.features.population.population import population_at


def customers_by_id(tables: Tables) -> pd.DataFrame:
    """Return one row per customer, ordered by id: customer_id, and signed_up_at (UTC; NaT where unknown)."""
    customers = tables["customers"]
    known = "signed_up_at" in customers.columns
    signed_up = customers.signed_up_at.cast("timestamp") if known else ibis.null("timestamp")
    frame: pd.DataFrame = (
        customers.select("customer_id", signed_up_at=signed_up).order_by("customer_id").to_pandas()
    )
    return frame.assign(signed_up_at=pd.to_datetime(frame["signed_up_at"]))


def population_at_moments(tables: Tables, ids: pd.DataFrame, moments: Mapping[str, datetime]) -> Population:
    """Return the customers of `ids` (one column, customer_id) at each moment, which is a wave of that name."""
    connection = tables["customers"].get_backend()
    at = [population_at(tables, moment, label=name) for name, moment in moments.items()]
    rows: ir.Table = reduce(lambda left, right: left.union(right), at)
    wanted = rows.semi_join(ibis.memtable(ids), "customer_id")
    return connection.create_table(gen_name("moments"), wanted, temp=True)


def answers_between(population: Population, first: datetime, last: datetime) -> pd.DataFrame:
    """Return the answers asked for from `first` on and before `last`: customer_id, as_of, rating, in that order."""
    inside = population.filter(
        population.respondent,
        population.as_of >= ibis.literal(first, "timestamp"),
        population.as_of < ibis.literal(last, "timestamp"),
    )
    answers: pd.DataFrame = inside.select("customer_id", "as_of", "rating").to_pandas()
    return answers.sort_values(["as_of", "customer_id"])
