"""Ids of Salesforce are those of the customers in both lengths, as customers' own ids and as another key."""

from __future__ import annotations

from pathlib import Path

import pytest
from linked_project import linked, sold_to

from silentnps.data.checking.checks import check_tables
from silentnps.data.identity.linked_tables import open_tables, read_linked_tables

SHORT, LONG = "0033000001ABcdE", "0033000001ABcdEAAT"  # one contact of Salesforce in both forms


@pytest.mark.parametrize(("own", "theirs"), [(SHORT, LONG), (LONG, SHORT)])
def test_both_forms_of_an_id_of_salesforce_are_one_customer(tmp_path: Path, own: str, theirs: str) -> None:
    people = f"customer_id,region\n{own},north\n"
    sold = sold_to(theirs, own, "0033000001ABcde", header="order_id,customer_id,ordered_at,amount")
    config = linked(tmp_path, keys={}, customers=people, orders=sold)
    read = read_linked_tables(config)
    assert read.tables["orders"].to_pandas()["customer_id"].tolist()[:2] == [own, own]
    assert any("ids of Salesforce have" in str(finding) for finding in read.findings)
    assert check_tables(read.tables)["orders"].n_used == 2


@pytest.mark.parametrize(("own", "theirs"), [(SHORT, LONG), (LONG, SHORT)])
def test_both_forms_of_a_key_of_salesforce_are_one(tmp_path: Path, own: str, theirs: str) -> None:
    people = f"customer_id,contact,region\n1,{own},north\n2,0033000001ABcde,north\n"
    sold = sold_to(theirs, header="order_id,contact,ordered_at,amount")
    read = open_tables(linked(tmp_path, keys={"orders": "contact"}, customers=people, orders=sold))
    assert read["orders"].to_pandas()["customer_id"].tolist() == ["1"]


def test_ids_are_changed_only_where_all_customers_have_one_form(tmp_path: Path) -> None:
    people = f"customer_id,region\n{LONG},north\nC2,north\n"
    sold = sold_to(SHORT, header="order_id,customer_id,ordered_at,amount")
    read = read_linked_tables(linked(tmp_path, keys={}, customers=people, orders=sold))
    assert read.tables["orders"].to_pandas()["customer_id"].tolist() == [SHORT]
    assert read.findings == ()
