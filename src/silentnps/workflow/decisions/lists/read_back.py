"""What acting did: later orders, returns and answers of those on lists, beside those of the held out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from silentnps.actions.goals import HOLDOUT
from silentnps.actions.read_back import effects, work_done
from silentnps.config import ProjectConfig
from silentnps.errors import DataError
from silentnps.features.population.local_time import naive_utc
from silentnps.numerics.nps import CLASS_VALUES, class_of_rating
from silentnps.schema import MINOR_UNITS, TABLES
from silentnps.storage.spreadsheet_csv import write_csv
from silentnps.workflow.artifacts.project import Project, one_at_a_time
from silentnps.workflow.checked_tables import read_clean
from silentnps.workflow.decisions.lists.files import actions_folder, ledger_path, read_ledger, write_table
from silentnps.workflow.privacy.permissions import not_to_be_learned_from
from silentnps.workflow.watch import QUIET, Watch

_READ = ("orders", "returns", "responses")


@dataclass(frozen=True)
class ReadBack:
    """What acting did (`effects`), what was done (`work`), and the day through which the tables tell.

    `waiting` are lists whose days are not over, with the day on which they are. `n_opted_out` are customers of
    lists, and held out, who are left out because they opted out.
    """

    effects: pd.DataFrame
    work: pd.DataFrame
    through: pd.Timestamp
    days: int
    waiting: dict[str, date]
    n_opted_out: tuple[int, int]
    files: tuple[Path, Path]


@one_at_a_time
def read_back(project: Project, *, on: date | None = None, watch: Watch = QUIET) -> ReadBack:
    """Measure what lists did in the `actions.read_back_days` after each; write actions/effects.csv and work.csv.

    Parameters
    ----------
    on
        The day up to which the tables are complete; by default that of their last event.

    Raises
    ------
    DataError
        If there is no list, no table of orders, returns or responses, or the days of no list are over.
    """
    ledger, config = read_ledger(project), project.config
    if ledger.empty:
        raise DataError(
            f"{ledger_path(project)} must have a list; got none. Make one: `silentnps actions --goal recover`."
        )
    watch.step("reading what happened since")
    events = {name: _events(config, name, ledger) for name in _READ if name in config.tables}
    through = _through(events, on)
    ledger["starts_at"] = [naive_utc(day.to_pydatetime(), config.timezone) for day in ledger["listed_on"]]
    ledger["ends_at"] = ledger["starts_at"] + timedelta(days=config.actions.read_back_days)
    over = ledger["ends_at"] <= through
    barred = ledger["customer_id"].isin(not_to_be_learned_from(config))
    rows = with_outcomes(ledger[over & ~barred], events)
    waiting = _waiting(ledger[~over])
    if rows.empty:
        raise DataError(
            f"read-back must have {config.actions.read_back_days} days after a list (actions.read_back_days); the"
            f" tables tell until {through:%Y-%m-%d}. Read back from {min(waiting.values(), default=through)} on."
        )
    watch.step("comparing with the held out")
    level = config.estimation.confidence_level
    found = effects(rows, confidence_level=level, random_state=config.random_state)
    work = work_done(rows, confidence_level=level)
    files = _write(project, found, work)
    out = ledger[over & barred]["arm"]
    n_out = (int((out != HOLDOUT).sum()), int((out == HOLDOUT).sum()))
    return ReadBack(found, work, through, config.actions.read_back_days, waiting, n_out, files)


def _write(project: Project, found: pd.DataFrame, work: pd.DataFrame) -> tuple[Path, Path]:
    folder = actions_folder(project)
    return (
        write_table(folder / "effects.csv", lambda path: write_csv(found, path)),
        write_table(folder / "work.csv", lambda path: write_csv(work, path)),
    )


def _events(config: ProjectConfig, name: str, ledger: pd.DataFrame) -> pd.DataFrame:
    """Return the events of the customers of the ledger, with their time in the column `at`."""
    table = read_clean(config, name)[name]
    ids = sorted(set(ledger["customer_id"]))
    clock = str(TABLES[name].clock)
    columns = [column for column in ("customer_id", "amount", "rating") if column in table.columns]
    last = table[clock].max().execute()
    rows: pd.DataFrame = table.filter(table.customer_id.isin(ids)).select(*columns, at=table[clock]).to_pandas()
    rows.attrs["last"] = pd.Timestamp(last)
    return rows


def _through(events: dict[str, pd.DataFrame], on: date | None) -> pd.Timestamp:
    if not events:
        raise DataError(
            f"tables must have one of {', '.join(_READ)} to be read back; got none. Add it to the configuration."
        )
    if on is not None:
        return pd.Timestamp(datetime.combine(on, time()))
    return pd.Timestamp(max(rows.attrs["last"] for rows in events.values()))


def _waiting(rows: pd.DataFrame) -> dict[str, date]:
    lists = rows.groupby(["goal", "listed_on"], sort=True)["ends_at"].max().reset_index()
    rows_of_lists = lists.to_dict("records")
    return {f"{row['goal']} of {row['listed_on']:%Y-%m-%d}": row["ends_at"].date() for row in rows_of_lists}


def with_outcomes(rows: pd.DataFrame, events: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return rows of the ledger with a column for each outcome that the tables tell; NaN where it does not apply.

    An event counts from the start of the list's day, `starts_at`, to before `ends_at`.
    """
    rows = rows.reset_index(drop=True)
    if "orders" in events:
        orders = _within(rows, events["orders"])
        counts = orders.groupby("place").size()
        rows["orders"] = counts.reindex(rows.index, fill_value=0).astype("float64")
        rows["spend"] = orders.groupby("place")["amount"].sum().reindex(rows.index, fill_value=0) / MINOR_UNITS
        rows["no_order"] = (rows["orders"] == 0).astype("float64")
    if "returns" in events:
        counts = _within(rows, events["returns"]).groupby("place").size()
        rows["returns"] = counts.reindex(rows.index, fill_value=0).astype("float64")
    if "responses" in events:
        answers = _within(rows, events["responses"]).dropna(subset="rating").sort_values("at", kind="stable")
        last = answers.groupby("place")["rating"].last().reindex(rows.index).astype("float64")
        known = last.notna().to_numpy()
        rows["answered"] = known.astype("float64")
        rows["nps"], rows["recovered"] = np.nan, np.nan
        classes = class_of_rating(np.asarray(last[known], dtype=np.float64))
        rows.loc[known, "nps"] = CLASS_VALUES[classes]
        rows.loc[known, "recovered"] = (classes > 0).astype("float64")
    return rows


def _within(rows: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Return events beside the rows whose days they fall into, by the place of the row."""
    spans = rows[["customer_id", "starts_at", "ends_at"]].reset_index(names="place")
    pairs = spans.merge(events, on="customer_id")
    return pairs[(pairs["at"] >= pairs["starts_at"]) & (pairs["at"] < pairs["ends_at"])]
