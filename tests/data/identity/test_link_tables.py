"""The nearest evidence says to whom a key belongs, over as many steps as it takes; nothing is guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from linked_project import WITHOUT_EMAIL, linked, sold_to, with_link

from silentnps.config import ProjectConfig
from silentnps.data.identity.linked_tables import open_tables, read_linked_tables


def requesters(config: ProjectConfig) -> dict[Any, Any]:
    """Return the number of rows of support by customer; of those without one under None."""
    counts = open_tables(config)["support"].to_pandas()["customer_id"].fillna("none").value_counts()
    return {str(one): int(n) for one, n in counts.items()}


def unlinked(folder: Path, sold: str) -> ProjectConfig:
    """Return a project whose customers have no e-mail, with orders that have."""
    return linked(folder, keys={"orders": "email"}, customers=WITHOUT_EMAIL, orders=sold)


def tickets(*numbers: str) -> str:
    return "requester_id,opened_at\n" + "".join(f"{number},2025-01-01 10:00:00\n" for number in numbers)


def test_a_number_leads_to_a_customer_over_three_files(tmp_path: Path) -> None:
    config = linked(tmp_path, keys={"support": "requester_id"}, support=tickets("z1", "z2", "z9"))
    devices, mails = "requester_id,device\nz1,d1\nz2,d2\n", "device,mail\nd1,ANN@x.com\nd2,bob@x.com\n"
    config = with_link(config, tmp_path / "a.csv", devices, requester_id="requester_id", device="device")
    config = with_link(config, tmp_path / "b.csv", mails, device="device", email="mail")
    assert requesters(config) == {"1": 1, "2": 1, "none": 1}


def test_a_file_of_links_needs_no_columns_where_they_have_their_names(tmp_path: Path) -> None:
    config = linked(
        tmp_path, keys={"orders": "email"}, customers=WITHOUT_EMAIL, orders=sold_to("ann@x.com", "eve@x.com")
    )
    config = with_link(config, tmp_path / "link.csv", "Email Address,customer_id\nann@x.com,1\neve@x.com,2\n")
    assert sorted(open_tables(config)["orders"].to_pandas()["customer_id"]) == ["1", "2"]


def test_a_table_with_ids_and_a_key_links_another_that_has_only_the_key(tmp_path: Path) -> None:
    sold = sold_to("ann@x.com", "bob@x.com", header="order_id,email,ordered_at,amount,customer_id")
    sold = "\n".join([sold.split("\n")[0], *(f"{row},{n}" for n, row in enumerate(sold.split("\n")[1:3], start=1))])
    asked = "email,responded_at,rating\nBOB@x.com,2025-01-01 10:00:00,9\n"
    config = linked(tmp_path, keys={"responses": "email"}, customers=WITHOUT_EMAIL, orders=sold, responses=asked)
    assert open_tables(config)["responses"].to_pandas()["customer_id"].tolist() == ["2"]
    assert read_linked_tables(config).keys[0].n_of == {"events": 2}


def test_the_customers_table_counts_more_than_a_link_and_this_more_than_events(tmp_path: Path) -> None:
    config = linked(tmp_path, keys={"orders": "email"}, orders=sold_to("ann@x.com", "new@x.com", "new@x.com"))
    config = with_link(
        config, tmp_path / "link.csv", "customer_id,email\n2,ann@x.com\n2,new@x.com\n", email="email"
    )
    assert sorted(open_tables(config)["orders"].to_pandas()["customer_id"]) == ["1", "2", "2"]


def test_links_that_contradict_each_other_give_nobody(tmp_path: Path) -> None:
    config = linked(
        tmp_path, keys={"orders": "email"}, customers=WITHOUT_EMAIL, orders=sold_to("a@x.com", "b@x.com")
    )
    config = with_link(config, tmp_path / "link.csv", "customer_id,email\n1,a@x.com\n1,b@x.com\n", email="email")
    config = with_link(config, tmp_path / "more.csv", "customer_id,email\n2,a@x.com\n", email="email")
    read = read_linked_tables(config)
    frame = read.tables["orders"].order_by("silentnps_row").to_pandas()
    assert list(frame["key_match"]) == ["several", "one"]
    assert (read.keys[0].n_values, read.keys[0].n_shared) == (2, 1)


def test_a_number_beside_the_emails_of_two_customers_is_of_none(tmp_path: Path) -> None:
    config = linked(tmp_path, keys={"support": "requester_id"}, support=tickets("z1", "z2"))
    rows = "requester_id,email\nz1,ann@x.com\nz1,bob@x.com\nz2,bob@x.com\nz2,both@x.com\n"
    config = with_link(config, tmp_path / "link.csv", rows, requester_id="requester_id", email="email")
    assert requesters(config) == {"2": 1, "none": 1}


def test_copies_of_a_customers_row_are_one_customer(tmp_path: Path) -> None:
    people = "customer_id,email\n1,ann@x.com\n1,ann@x.com\n1,ANN@x.com\n"
    config = linked(tmp_path, keys={"orders": "email"}, customers=people, orders=sold_to("ann@x.com"))
    assert open_tables(config)["orders"].to_pandas()["customer_id"].tolist() == ["1"]


def test_a_customer_may_have_several_keys(tmp_path: Path) -> None:
    config = linked(
        tmp_path, keys={"orders": "email"}, customers=WITHOUT_EMAIL, orders=sold_to("a@x.com", "b@x.com")
    )
    config = with_link(config, tmp_path / "link.csv", "customer_id,email\n1,a@x.com\n1,b@x.com\n", email="email")
    assert open_tables(config)["orders"].to_pandas()["customer_id"].tolist() == ["1", "1"]
