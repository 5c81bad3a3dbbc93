"""The exports of a new user, with planted truth: a CRM list, and what a survey tool, a shop and others write.

`python tests/support/new_user.py FOLDER --customers 4000 --survey qualtrics --orders duckdb` writes them by hand.
Orders on a PostgreSQL server are written by tests only, which start one.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from orders_of_new_user import ORDERS, iso, serve_orders, write, write_orders

from silentnps.simulation.simulate import simulate

if TYPE_CHECKING:
    from postgres_server import Server

SURVEYS = ("own", "delighted", "qualtrics")


@dataclass(frozen=True)
class NewUser:
    """The files of a new user, and the simulated NPS of who did not answer the last wave, in points."""

    files: list[str]
    truth: float
    wave: str


def write_new_user(
    folder: Path,
    *,
    customers: int = 4000,
    seed: int = 0,
    survey: str = "delighted",
    orders: str = "shopify",
    server: Server | None = None,
) -> NewUser:
    """Write crm.csv and the exports into a folder; the survey holds all four waves, the truth is of the last.

    The orders are on the PostgreSQL server, if there is one, in place of a file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as raw:
        simulate(Path(raw), customers=customers, seed=seed)
        tables = {path.stem: pd.read_parquet(path) for path in Path(raw).glob("*.parquet")}
    people = _people(tables["customers"])
    mail = people.set_index("customer_id")["email"]
    ordered = tables["orders"]
    files = [
        _crm(folder, people),
        {"own": _own_survey, "delighted": _delighted, "qualtrics": _qualtrics}[survey](
            folder, tables["responses"], mail
        ),
        write_orders(folder, ordered, mail, orders) if server is None else serve_orders(server, ordered, mail),
        _zendesk(folder, tables["support"], mail),
        _klaviyo(folder, tables["engagement"], mail),
    ]
    wave, truth = _truth(tables["truth"])
    return NewUser(files, truth, wave)


def _truth(truth: pd.DataFrame) -> tuple[str, float]:
    wave = str(truth["wave"].max())
    silent = truth[(truth["wave"] == wave) & ~truth["answered"]]
    values = silent["nps_class"].astype(str).map({"detractor": -100.0, "passive": 0.0, "promoter": 100.0})
    return wave, float(values.mean())


def _people(customers: pd.DataFrame) -> pd.DataFrame:
    numbers = customers["customer_id"].str.extract(r"(\d+)")[0].astype(int)
    return customers.assign(
        number=numbers + 100_000,
        email=[f"Person{number}@mail{number % 7}.example" for number in numbers],
    )


def _crm(folder: Path, people: pd.DataFrame) -> str:
    crm = pd.DataFrame(
        {
            "Customer Number": people["number"],
            "E-Mail": people["email"],
            "Region": people["region"].astype(str),
            "Tier": people["tier"].astype(str),
            "Acquisition Channel": people["acquisition_channel"].astype(str),
            "Age Band": people["age_band"].astype(str),
            "Signup Date": people["signed_up_at"].dt.strftime("%Y-%m-%d"),
            "Email Opt Out": people["opted_out"].map({True: "yes", False: "no"}),
        }
    )
    return write(crm, folder / "crm.csv")


def _own_survey(folder: Path, responses: pd.DataFrame, mail: pd.Series) -> str:
    survey = pd.DataFrame(
        {
            "E-Mail": responses["customer_id"].map(mail).str.upper(),
            "Submitted at": responses["responded_at"].map(iso),
            "How likely are you to recommend us?": responses["rating"],
            "Why?": responses["comment"],
        }
    )
    return write(survey, folder / "survey.csv")


def _delighted(folder: Path, responses: pd.DataFrame, mail: pd.Series) -> str:
    n = len(responses)
    at = _seconds(responses["responded_at"])
    export = pd.DataFrame(
        {
            "id": [f"r{row:07d}" for row in range(1, n + 1)],
            "person": [f"p{row:07d}" for row in range(1, n + 1)],
            "email": responses["customer_id"].map(mail).str.lower(),
            "survey_type": "nps",
            "score": responses["rating"],
            "comment": responses["comment"],
            "permalink": [f"https://app.delighted.example/r/{row}" for row in range(1, n + 1)],
            "created_at": at,
            "updated_at": at,
            "notes": "",
            "tags": "",
        }
    )
    return write(export, folder / "delighted.csv")


def _qualtrics(folder: Path, responses: pd.DataFrame, mail: pd.Series) -> str:
    at, n = responses["responded_at"].dt.strftime("%Y-%m-%d %H:%M:%S"), len(responses)
    export = pd.DataFrame(
        {
            "StartDate": (responses["responded_at"] - pd.Timedelta(minutes=3)).dt.strftime("%Y-%m-%d %H:%M:%S"),
            "EndDate": at,
            "Status": "IP Address",
            "Progress": 100,
            "Duration (in seconds)": 180,
            "Finished": "True",
            "RecordedDate": at,
            "ResponseId": [f"R_{row:07d}" for row in range(1, n + 1)],
            "RecipientEmail": responses["customer_id"].map(mail),
            "DistributionChannel": "email",
            "UserLanguage": "EN",
            "Q1": responses["rating"],
            "Q1_NPS_GROUP": pd.cut(
                responses["rating"], [-1, 6, 8, 10], labels=["Detractor", "Passive", "Promoter"]
            ),
        }
    )
    preview = export.head(3).assign(Status="Survey Preview", RecipientEmail="")
    texts = {name: name for name in export.columns} | {"Q1": "How likely are you to recommend us?"}
    codes = {name: json.dumps({"ImportId": name}) for name in export.columns}
    whole = pd.concat([pd.DataFrame([texts, codes]), preview.astype(str), export.astype(str)])
    return write(whole, folder / "qualtrics.csv")


def _zendesk(folder: Path, support: pd.DataFrame, mail: pd.Series) -> str:
    export = pd.DataFrame(
        {
            "id": np.arange(1, len(support) + 1),
            "requester_email": support["customer_id"].map(mail),
            "created_at": support["opened_at"].map(iso),
            "solved_at": support["closed_at"].map(iso),
            "type": support["category"].astype(str).replace("complaint", "problem"),
            "priority": np.where(support["escalated"].fillna(False), "urgent", "normal"),
            "status": np.where(support["closed_at"].notna(), "solved", "open"),
        }
    )
    return write(export, folder / "zendesk-tickets.csv")


def _klaviyo(folder: Path, engagement: pd.DataFrame, mail: pd.Series) -> str:
    names = {"open": "Opened Email", "click": "Clicked Email", "visit": "Active on Site"}
    kept = engagement[engagement["kind"].astype(str).isin(list(names))]
    export = pd.DataFrame(
        {
            "metric_name": kept["kind"].astype(str).map(names),
            "timestamp": _seconds(kept["occurred_at"]),
            "profile_id": kept["customer_id"].str.replace("c", "01H"),
            "email": kept["customer_id"].map(mail),
        }
    )
    return write(export, folder / "klaviyo-events.csv")


def _seconds(times: pd.Series) -> pd.Series:
    return (times - pd.Timestamp("1970-01-01", tz="UTC")) // pd.Timedelta(seconds=1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--customers", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--survey", choices=SURVEYS, default="delighted")
    parser.add_argument("--orders", choices=ORDERS, default="shopify")
    args = parser.parse_args()
    user = write_new_user(
        args.folder, customers=args.customers, seed=args.seed, survey=args.survey, orders=args.orders
    )
    print(f"{user.wave}: silent customers {user.truth:+.1f}", *user.files, sep="\n")
