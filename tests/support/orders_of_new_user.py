"""The orders of a new user as shops and databases hand them out: Shopify's CSV, a workbook, tables of databases."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from postgres_server import Server

ORDERS = ("shopify", "duckdb", "sqlite", "xlsx")


def write_orders(folder: Path, orders: pd.DataFrame, mail: pd.Series, kind: str) -> str:
    """Write the orders into a file of this kind; return its path."""
    if kind == "shopify":
        return _shopify(folder, orders, mail)
    plain = _plain(orders, mail)
    if kind == "xlsx":
        path = folder / "orders.xlsx"
        naive = plain.assign(**{name: plain[name].dt.tz_localize(None) for name in _times(plain)})
        naive.to_excel(path, index=False)
        return str(path)
    path = folder / f"shop.{kind}" if kind == "duckdb" else folder / "shop.sqlite"
    if kind == "duckdb":
        with duckdb.connect(str(path)) as connection:
            connection.register("frame", plain)
            connection.execute("CREATE TABLE orders AS SELECT * FROM frame")
    else:
        texts = plain.assign(**{name: plain[name].map(iso) for name in _times(plain)})
        with sqlite3.connect(path) as connection:
            texts.to_sql("orders", connection, index=False)
    return str(path)


def _plain(orders: pd.DataFrame, mail: pd.Series) -> pd.DataFrame:
    """Return the orders with the columns of a table of one's own."""
    names = ("order_id", "email", "ordered_at", "amount", "discount", "channel", "items")
    whole = orders.assign(email=orders["customer_id"].map(mail), amount=orders["amount"].round(2))
    return whole[[*names, "promised_at", "delivered_at"]].assign(channel=whole["channel"].astype(str))


def serve_orders(server: Server, orders: pd.DataFrame, mail: pd.Series) -> str:
    """Write the orders into a server's table, beside one that nobody needs; return the URL of a user who reads."""
    import psycopg

    plain = _plain(orders, mail)
    texts = plain.assign(**{name: plain[name].map(iso) for name in _times(plain)})
    server.run(
        "CREATE TABLE products (sku text, title text, list_price numeric)",
        "INSERT INTO products VALUES ('A-1', 'Article 1', 9.99), ('A-2', 'Article 2', 19.99)",
        "CREATE TABLE orders (order_id text, email text, ordered_at timestamptz, amount numeric(12, 2),"
        " discount numeric, channel text, items integer, promised_at timestamptz, delivered_at timestamptz)",
        "GRANT SELECT ON products, orders TO analyst",
    )
    connecting = psycopg.connect(server.url, autocommit=True)
    with connecting as connection, connection.cursor().copy("COPY orders FROM STDIN (FORMAT csv)") as copy:
        copy.write(texts.to_csv(index=False, header=False))
    return server.as_user("analyst:${SHOP_DB_PASSWORD}")


def _times(frame: pd.DataFrame) -> list[str]:
    return [name for name in frame.columns if name.endswith("_at")]


def _shopify(folder: Path, orders: pd.DataFrame, mail: pd.Series) -> str:
    """Write line items: the fields of an order are on its first line only."""
    items = orders["items"].clip(lower=1, upper=4).to_numpy()
    in_store = orders["promised_at"].isna()
    fulfilled = orders["delivered_at"].mask(in_store, orders["ordered_at"])
    first = np.repeat(np.arange(len(orders)), items)
    line = np.arange(len(first)) - np.repeat(np.cumsum(items) - items, items)
    of_order = pd.DataFrame(
        {
            "Email": orders["customer_id"].map(mail),
            "Financial Status": "paid",
            "Paid at": orders["ordered_at"].map(_shop_time),
            "Fulfillment Status": np.where(fulfilled.notna(), "fulfilled", "unfulfilled"),
            "Fulfilled at": fulfilled.map(_shop_time),
            "Accepts Marketing": "yes",
            "Currency": "EUR",
            "Subtotal": orders["amount"].round(2),
            "Shipping": 0.0,
            "Taxes": 0.0,
            "Total": orders["amount"].round(2),
            "Discount Code": "",
            "Discount Amount": orders["discount"].round(2),
            "Shipping Method": "Standard",
            "Created at": orders["ordered_at"].map(_shop_time),
        }
    )
    export = of_order.iloc[first].reset_index(drop=True)
    export.loc[line > 0, [name for name in of_order.columns if name not in ("Email",)]] = None
    export.insert(0, "Name", [f"#{1000 + order}" for order in first])
    price = (orders["amount"] / orders["items"].clip(lower=1)).round(2).to_numpy()[first]
    export = export.assign(
        **{
            "Lineitem quantity": 1,
            "Lineitem name": [f"Article {number % 40}" for number in first],
            "Lineitem price": price,
            "Lineitem sku": "",
            "Cancelled at": "",
            "Refunded Amount": np.where(line == 0, 0.0, np.nan),
            "Id": np.where(line == 0, (5_000_000_000_000 + first).astype(str), ""),
            "Tags": "",
            "Source": np.where(line == 0, "web", ""),
        }
    )
    return write(export, folder / "shopify-orders.csv")


def iso(time: pd.Timestamp) -> str:
    """Return a time as text with its zone, an empty one for none."""
    return "" if pd.isna(time) else f"{time:%Y-%m-%dT%H:%M:%SZ}"


def _shop_time(time: pd.Timestamp) -> str:
    return "" if pd.isna(time) else f"{time:%Y-%m-%d %H:%M:%S} +0000"


def write(frame: pd.DataFrame, path: Path) -> str:
    """Write a table as CSV; return its path."""
    frame.to_csv(path, index=False)
    return str(path)
