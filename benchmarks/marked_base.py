"""A base in which every value that tells of a person is marked, so that it can be found again wherever it went."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

MARK = re.compile(
    r"cnry(?P<kind>[a-z]+)\d{5}"
    # whole numbers: the many digits of fitted coefficients hold every short one somewhere
    r"|(?<!\d)(?<!\d\.)(?:(?P<phone>4915177\d{6})|(?P<account>881234\d{5}))(?!\d)"
    r"|(?P<born>\d{2}\.\d{2}\.1877)|(?P<iban>de44500105179\d{9})|(?P<card>4111 2222 9\d{3} \d{4})"
)
"""A mark in text in lower case; the group that matched, or the text of `kind`, says what was marked."""

IDS = frozenset({"id", "order"})
"""Kinds of marks that are identifiers, which files of one row a customer need."""

START = pd.Timestamp("2025-01-01")


def kind_of(mark: re.Match[str]) -> str:
    """Return what a mark was put on."""
    return mark["kind"] or str(mark.lastgroup)


def marked(kind: str, numbers: object) -> np.ndarray:
    """Return a marked text for each number."""
    return np.array([f"cnry{kind}{number:05d}" for number in np.asarray(numbers)], dtype=object)


def customers(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return customers with every kind of personal attribute, and some that are none."""
    i = np.arange(n)
    plan = rng.choice(["basic", "silver", "gold"], n, p=[0.6, 0.3, 0.1]).astype(object)
    rare = rng.choice(n, 9, replace=False)
    plan[rare] = marked("rare", [0, 1, 1, 2, 2, 3, 3, 3, 4])
    note = np.where(
        rng.random(n) < 0.4, [f"called twice about {mark} last year" for mark in marked("note", i)], None
    )
    return pd.DataFrame(
        {
            "customer_id": marked("id", i),
            "signed_up_at": START - pd.to_timedelta(rng.integers(30, 2000, n), unit="D"),
            "opted_out": rng.random(n) < 0.05,
            "full_name": [f"Anna {mark}" for mark in marked("name", i)],
            "first_name": marked("first", i % 40),
            "email": [f"{mark}@example.org" for mark in marked("mail", i)],
            "phone": 4_915_177_000_000 + i,
            "fax": [f"+{4_915_177_500_000 + k}" for k in i],
            "account": 88_123_400_000 + rng.permutation(n),
            "street": [f"{mark} Street {k % 90}" for mark, k in zip(marked("street", i), i, strict=True)],
            "postcode_house": [f"{mark} / {k % 90}" for mark, k in zip(marked("house", i), i, strict=True)],
            "iban": [f"DE44500105179{k:09d}" for k in i],
            "card": [f"4111 2222 9{k // 7 % 1000:03d} {k:04d}" for k in i],
            "born": [f"{k % 28 + 1:02d}.{k % 12 + 1:02d}.1877" for k in i],
            "page": [f"https://example.org/{mark}" for mark in marked("page", i)],
            "note": note,
            "code": marked("code", i),
            "firm": marked("firm", i // 6),
            "plan": plan,
            "region": rng.choice(["north", "south", "east"], n),
            "age": rng.integers(18, 80, n),
            "spend": np.round(rng.lognormal(4, 1, n), 2),
        }
    )


def tables(n: int, seed: int) -> dict[str, pd.DataFrame]:
    """Return the canonical tables of a marked base."""
    rng = np.random.default_rng(seed)
    people = customers(n, rng)
    ids = people["customer_id"].to_numpy()

    def words(size: int, common: list[str], kind: str, share: float = 0.1) -> np.ndarray:
        own = rng.choice(np.array(common, dtype=object), size)
        return np.where(rng.random(size) < share, marked(kind, rng.integers(0, 99_999, size)), own)

    def times(size: int) -> pd.Series:
        return pd.Series(START + pd.to_timedelta(rng.integers(0, 150 * 86_400, size), unit="s"))

    asked = START + pd.Timedelta(days=160)
    happy = people["age"].to_numpy() / 10 + 2 * (people["plan"] == "gold") + rng.normal(0, 2, n)
    who = np.flatnonzero(rng.random(n) < 0.4)
    some = {name: rng.integers(0, n, n * times_a_person) for name, times_a_person in _EVENTS.items()}
    sizes = {name: len(rows) for name, rows in some.items()}
    orders = pd.DataFrame(
        {
            "order_id": marked("order", np.arange(sizes["orders"])),
            "customer_id": ids[some["orders"]],
            "ordered_at": times(sizes["orders"]),
            "amount": np.round(rng.lognormal(3, 1, sizes["orders"]), 2),
            "channel": words(sizes["orders"], ["web", "store"], "channel"),
            "store_id": words(sizes["orders"], ["s1", "s2"], "store"),
            "category": words(sizes["orders"], ["shoes", "coats"], "category"),
        }
    )
    back = orders.sample(frac=0.2, random_state=seed)
    return {
        "customers": people,
        "responses": pd.DataFrame(
            {
                "customer_id": ids[who],
                "responded_at": asked + pd.to_timedelta(rng.integers(1, 6, len(who)), unit="D"),
                "invited_at": asked,
                "rating": np.clip(np.round(happy[who] + 2), 0, 10).astype(int),
                "channel": words(len(who), ["mail"], "channel"),
                "comment": [f"It was {mark} indeed" for mark in marked("comment", who)],
            }
        ),
        "invitations": pd.DataFrame(
            {"customer_id": ids, "invited_at": asked, "channel": words(n, ["mail"], "channel")}
        ),
        "orders": orders,
        "returns": pd.DataFrame(
            {
                "customer_id": back["customer_id"],
                "returned_at": back["ordered_at"] + pd.Timedelta(days=3),
                "order_id": back["order_id"],
                "refund_amount": back["amount"],
                "reason": marked("reason", np.arange(len(back))),
            }
        ),
        "outreach": pd.DataFrame(
            {
                "customer_id": ids[some["outreach"]],
                "sent_at": times(sizes["outreach"]),
                "channel": words(sizes["outreach"], ["sms", "email"], "channel"),
                "associate_id": marked("associate", np.arange(sizes["outreach"]) % 30),
            }
        ),
        "support": pd.DataFrame(
            {
                "customer_id": ids[some["support"]],
                "opened_at": times(sizes["support"]),
                "category": words(sizes["support"], ["complaint", "question"], "category", 0.3),
            }
        ),
        "engagement": pd.DataFrame(
            {
                "customer_id": ids[some["engagement"]],
                "occurred_at": times(sizes["engagement"]),
                "kind": words(sizes["engagement"], ["open", "visit"], "kind"),
            }
        ),
    }


_EVENTS = {"orders": 4, "outreach": 1, "support": 1, "engagement": 2}
"""Events of a customer on average."""


def write_base(folder: Path, found: dict[str, pd.DataFrame], **changes: object) -> Path:
    """Write tables as CSV and their configuration; return that."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for name, table in found.items():
        table.to_csv(folder / "data" / f"{name}.csv", index=False)
    config = {
        "name": "marked",
        "output": "out",
        "timezone": "UTC",
        "tables": {name: {"path": f"data/{name}.csv"} for name in found},
        "estimation": {"replicates": 10, "segments": ["region", "plan"]},
        "model": {"fairness": ["region"], "repeats": 1, "folds": 3},
        "accounts": {"column": "firm"},
        **changes,
    }
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path


Damage = Callable[[dict[str, pd.DataFrame]], None]


def damages() -> dict[str, Damage]:
    """Return ways to damage the tables by marked values, by name: messages must not hold these."""
    cells = {
        "a rating": ("responses", "rating"),
        "a moment of an answer": ("responses", "responded_at"),
        "an amount": ("orders", "amount"),
        "a moment of an order": ("orders", "ordered_at"),
        "a day of signing up": ("customers", "signed_up_at"),
        "an opting out": ("customers", "opted_out"),
        "a refund": ("returns", "refund_amount"),
    }
    found: dict[str, Damage] = {f"{name} that is none": _cell(*where) for name, where in cells.items()}
    return found | {
        "a customer described twice": _twice,
        "orders of strangers": _strangers,
        "an order twice": _again,
    }


def _cell(table: str, column: str) -> Damage:
    def damage(found: dict[str, pd.DataFrame]) -> None:
        texts = found[table][column].astype(str).astype(object)
        texts.iloc[7] = "cnrybad00007"
        found[table] = found[table].assign(**{column: texts})

    return damage


def _twice(found: dict[str, pd.DataFrame]) -> None:
    again = found["customers"].iloc[[3]].assign(email="cnrymail77777@example.org")
    found["customers"] = pd.concat([found["customers"], again])


def _strangers(found: dict[str, pd.DataFrame]) -> None:
    table = found["orders"]
    found["orders"] = table.assign(customer_id=table["customer_id"].where(table.index > 5, "cnryid99999"))


def _again(found: dict[str, pd.DataFrame]) -> None:
    found["orders"] = pd.concat([found["orders"], found["orders"].iloc[[3]].assign(amount=-1.0)])
