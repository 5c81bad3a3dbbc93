"""Tables with other keys give the customers' own ids: the same features, nothing guessed, no key kept."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import pytest
from keyed_retailer import helpdesk_link, write_keyed
from linked_project import linked, sold_to
from projects import run, write_project

from silentnps.config import ProjectConfig
from silentnps.data.checking.checks import check_tables, clean_tables
from silentnps.data.identity.linked_tables import open_tables, read_linked_tables
from silentnps.errors import DataError
from silentnps.schema import KEY_MATCH


def ids(config: ProjectConfig, table: str = "orders") -> list[str | None]:
    frame = open_tables(config)[table].order_by("silentnps_row").to_pandas()
    return [None if pd.isna(one) else str(one) for one in frame["customer_id"]]


@pytest.mark.slow
def test_features_are_those_of_the_same_project_with_ids_in_place(retailer: Path, tmp_path: Path) -> None:
    tables = write_keyed(retailer, tmp_path)
    plain, keyed = tmp_path / "plain", tmp_path / "keyed"
    for folder in (plain, keyed):
        folder.mkdir()
    tables = {name: tables[name] for name in ("customers", "responses", "support")}
    identity = {"links": [helpdesk_link(tmp_path)]}
    own = {name: {"path": str(retailer / f"{name}.parquet")} for name in tables}
    files = write_project(plain, tables=own), write_project(keyed, tables=tables, identity=identity)
    for file in files:
        code, _, err = run("features", "-c", file)
        assert code == 0, err
    expected, got = (pd.read_parquet(file.parent / "out" / "features.parquet") for file in files)
    pd.testing.assert_frame_equal(got, expected)


def test_a_key_by_name_is_all_it_takes(tmp_path: Path) -> None:
    sold = sold_to(" ANN@X.com", "bob@x.com ", "B O B@x.com")
    assert ids(linked(tmp_path, keys={"orders": "email"}, orders=sold)) == ["1", "2", "2"]


def test_a_key_of_two_customers_is_of_none_and_each_row_is_counted_once(tmp_path: Path) -> None:
    sold = sold_to("ann@x.com", "both@x.com", "eve@x.com", "", "nobody", "bob@x.com")
    read = read_linked_tables(linked(tmp_path, keys={"orders": "email"}, orders=sold))
    checked = check_tables(read.tables, identified_by=read.identified_by)["orders"]
    assert {(finding.rule, finding.rows, finding.first_rows) for finding in checked.findings} == {
        ("present", 1, (4,)),
        ("the email of a customer", 2, (3, 5)),
        ("the email of one customer only", 1, (2,)),
    }
    assert (checked.n_rows, checked.n_used, sum(checked.aside.values())) == (6, 2, 4)
    assert sorted(checked.clean.to_pandas()["customer_id"]) == ["1", "2"]


def test_clean_tables_have_neither_keys_nor_columns_of_the_lookup(tmp_path: Path) -> None:
    read = read_linked_tables(linked(tmp_path, keys={"orders": "email"}, orders=sold_to("ann@x.com", "eve@x.com")))
    assert KEY_MATCH in read.tables["orders"].columns
    clean, _ = clean_tables(read.tables, identified_by=read.identified_by)
    assert clean["customers"].columns == ("customer_id", "region")
    assert clean["orders"].columns == ("order_id", "customer_id", "ordered_at", "amount")
    for table in clean.values():
        assert "@" not in table.to_pandas().to_csv()


def test_returns_and_tickets_find_their_customers_by_the_order(tmp_path: Path) -> None:
    rows = [f"{order},2025-02-0{1 + order % 2} 10:00:00,2" for order in (0, 1, 9)]
    given_back = "\n".join(["order_id,returned_at,refund_amount", *rows])
    tickets = "Order ID,opened_at,category\n1,2025-02-01 10:00:00,complaint\n"
    keys = {"orders": "email", "returns": "order_id", "support": "order_id"}
    files = {"orders": sold_to("ANN@x.com", "bob@x.com"), "returns": given_back, "support": tickets}
    config = linked(tmp_path, keys=keys, **files)
    assert ids(config, "returns") == ["1", "2", None]
    assert ids(config, "support") == ["2"]
    tables = open_tables(config)
    assert tables["returns"].order_by("silentnps_row").to_pandas()["order_id"].tolist() == ["0", "1", "9"]
    assert "order_id" in tables["orders"].columns
    assert "order_id" not in tables["support"].columns


def test_an_order_of_two_customers_gives_its_returns_to_nobody(tmp_path: Path) -> None:
    sold = "order_id,customer_id,ordered_at,amount\nA,1,2025-01-01 10:00:00,5\nA,2,2025-01-02 10:00:00,5\n"
    given_back = "order_id,returned_at,refund_amount\nA,2025-02-01 10:00:00,2\n"
    assert ids(linked(tmp_path, keys={"returns": "order_id"}, orders=sold, returns=given_back), "returns") == [None]


def test_returns_by_the_order_need_the_orders(tmp_path: Path) -> None:
    given_back = "order_id,returned_at,refund_amount\nA,2025-02-01 10:00:00,2\n"
    with pytest.raises(DataError, match="must have one with 'order_id' beside the customer, such as orders"):
        open_tables(linked(tmp_path, keys={"returns": "order_id"}, returns=given_back))


def test_a_number_that_matches_nobody_is_not_taken_for_a_customers_own_id(tmp_path: Path) -> None:
    people = "customer_id,shop_no\n1,77\n77,5\n"
    sold = sold_to("77", "1", header="order_id,shop_no,ordered_at,amount")
    assert ids(linked(tmp_path, keys={"orders": "shop_no"}, customers=people, orders=sold)) == ["1", None]


def test_plus_addressing_is_an_option_and_dots_count(tmp_path: Path) -> None:
    sold = sold_to("ann+shop@x.com", "a.nn@x.com", "ann@x.com")
    config = linked(tmp_path, keys={"orders": "email"}, orders=sold)
    assert ids(config) == [None, None, "1"]
    assert ids(linked(tmp_path, keys={"orders": "email"}, orders=sold, identity={"plus_addressing": True})) == [
        "1",
        None,
        "1",
    ]


def test_forms_say_how_a_key_is_compared(tmp_path: Path) -> None:
    people, header = "customer_id,contact\n1,ann@x.com\n", "order_id,contact,ordered_at,amount"
    sold = sold_to("ANN@x.com", "ann@x.com", header=header)
    config = {"keys": {"orders": "contact"}, "customers": people, "orders": sold}
    assert ids(linked(tmp_path, **config)) == [None, "1"]  # type: ignore[arg-type]
    assert ids(linked(tmp_path, identity={"forms": {"contact": "email"}}, **config)) == ["1", "1"]  # type: ignore[arg-type]


def test_customers_whose_own_id_is_the_email_are_matched_by_it(tmp_path: Path) -> None:
    config = linked(tmp_path, keys={"orders": "email"}, customers="mail\nAnn@x.com\n", orders=sold_to("ann@X.com"))
    people = config.tables["customers"].model_copy(update={"columns": {"customer_id": "mail"}})
    assert ids(config.model_copy(update={"tables": config.tables | {"customers": people}})) == ["Ann@x.com"]


def test_a_key_that_nothing_links_is_refused_with_the_line_to_add(tmp_path: Path) -> None:
    config = linked(
        tmp_path, keys={"orders": "email"}, customers="customer_id,tier\n1,a\n", orders=sold_to("a@x.com")
    )
    with pytest.raises(
        DataError, match=r"customers must have a column of the key 'email'.*customer_id, tier"
    ) as error:
        open_tables(config)
    assert "tables.customers.columns: {email: its name in the file}" in str(error.value)
    assert "identity.links" in str(error.value)


def test_two_columns_that_can_be_the_key_are_refused(tmp_path: Path) -> None:
    people = "customer_id,Customer Email,Contact E-Mail\n1,a@x.com,b@x.com\n"
    with pytest.raises(DataError, match=r"one column that can be 'email'; got Customer Email, .*Say which one"):
        open_tables(linked(tmp_path, keys={"orders": "email"}, customers=people, orders=sold_to("a@x.com")))


def test_rows_keep_the_order_of_their_file_however_large_the_lookup_is(tmp_path: Path) -> None:
    n = 20_000
    with duckdb.connect() as connection:
        people = f"SELECT 'C' || i AS customer_id, i || '@x.com' AS email FROM range({n}) t(i)"
        connection.execute(f"COPY ({people}) TO '{tmp_path / 'people.parquet'}'")
    mails = [f"{(n - 7 * i) % n}@x.com" for i in range(500)]
    config = linked(tmp_path, keys={"orders": "email"}, orders=sold_to(*mails))
    people_config = config.tables["customers"].model_copy(update={"path": tmp_path / "people.parquet"})
    config = config.model_copy(update={"tables": config.tables | {"customers": people_config}})
    assert ids(config) == [f"C{mail.removesuffix('@x.com')}" for mail in mails]


def test_the_last_answer_of_a_moment_is_the_last_of_the_file(tmp_path: Path) -> None:
    answers = "email,responded_at,rating\n" + "".join(
        f"{mail}@x.com,2025-01-01 10:00:00,{rating}\n"
        for mail, rating in (("ann", 3), ("bob", 4), ("Ann", 9), ("BOB", 1))
    )
    read = read_linked_tables(linked(tmp_path, keys={"responses": "email"}, responses=answers))
    clean, _ = clean_tables(read.tables, identified_by=read.identified_by)
    got = clean["responses"].order_by("customer_id").to_pandas()
    assert list(got["rating"]) == [9, 1]


def test_one_table_alone_is_linked_as_among_all(tmp_path: Path) -> None:
    config = linked(tmp_path, keys={"orders": "email"}, orders=sold_to("ann@x.com"))
    assert list(read_linked_tables(config, ("orders",)).tables) == ["orders"]
    assert read_linked_tables(config, ("orders",)).tables["orders"].to_pandas()["customer_id"].tolist() == ["1"]
    assert "email" not in read_linked_tables(config, ("customers",)).tables["customers"].columns


@pytest.mark.slow
def test_no_command_tells_a_key(retailer: Path, tmp_path: Path) -> None:
    tables = {
        name: table for name, table in write_keyed(retailer, tmp_path).items() if name in ("customers", "responses")
    }
    file = write_project(tmp_path, tables=tables)
    change_of = pd.read_csv(tmp_path / "responses.csv")
    change_of.loc[:9, "email"] = [f"canary{n}@nowhere.example" for n in range(10)]
    change_of.to_csv(tmp_path / "responses.csv", index=False)
    for command in ("validate", "features"):
        _, out, err = run(command, "-c", file)
        assert "@" not in out + err
    for path in (tmp_path / "out").rglob("*"):
        if path.is_file() and path.suffix != ".db":
            content = path.read_bytes().lower()
            assert b"canary" not in content, path
            assert b"example.com" not in content, path
