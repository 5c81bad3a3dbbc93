"""The column of a key is found by its name, and how its values are compared by its name too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from silentnps.config import ProjectConfig
from silentnps.data.opening.scan import Source
from silentnps.data.reading.keys import declared_columns, identified, is_email, key_columns, keys_of, tables_to_read
from silentnps.schema import TABLES


def config(identified_by: str | None = "email", **changes: Any) -> ProjectConfig:
    tables = {"customers": {"path": "c.csv"}, "responses": {"path": "r.csv", "identified_by": identified_by}}
    return ProjectConfig.model_validate({"name": "t", "output": "out", "tables": tables} | changes)


def found(table: str, *names: str, key: str = "email") -> dict[str, str]:
    source = Source("file", "file", dict.fromkeys(names, "VARCHAR"))
    return key_columns(TABLES[table], {}, source, config(key))


@pytest.mark.parametrize(
    "name", ["email", "EMAIL", "E-Mail", "e mail", "Email Address", "mail", "Customer Email", "E-Mail-Adresse"]
)
def test_usual_names_of_e_mails_are_found_among_customers(name: str) -> None:
    assert found("customers", "customer_id", name, "email_opens") == {"email": name}


def test_the_exact_name_comes_before_usual_ones() -> None:
    assert found("customers", "Customer Email", "email") == {"email": "email"}


def test_other_keys_are_found_without_case_and_punctuation_only() -> None:
    assert found("customers", "Shopify ID", key="shopify_id") == {"shopify_id": "Shopify ID"}
    assert found("customers", "id", "email", key="shopify_id") == {}


def test_a_table_has_its_key_in_the_column_named_like_it_before_customer_id() -> None:
    assert found("responses", "customer_id", "Email") == {"customer_id": "Email"}
    assert found("responses", "customer_id") == {}


def test_columns_may_name_the_key_of_the_table() -> None:
    tables = {
        "customers": {"path": "c.csv"},
        "responses": {"path": "r.csv", "identified_by": "email", "columns": {"email": "Person"}},
    }
    assert declared_columns(config(tables=tables).tables["responses"]) == {"customer_id": "Person"}


def test_keys_are_those_of_tables_links_and_forms() -> None:
    links = [{"path": Path("l.csv"), "columns": {"customer_id": "id", "crm_no": "no"}}]
    assert keys_of(config(identity={"links": links, "forms": {"contact": "email"}})) == (
        "contact",
        "crm_no",
        "email",
    )
    assert keys_of(config(None)) == ()


def test_keys_named_like_mail_are_e_mails_unless_declared() -> None:
    declared = config(identity={"forms": {"contact": "email", "mailbox": "id"}})
    asked = ("email", "work_mail", "contact", "mailbox", "shopify_id")
    assert [is_email(declared, key) for key in asked] == [True, True, True, False, False]


def test_tables_get_the_keys_that_do_not_identify_them() -> None:
    tables = tables_to_read(config(identity={"links": [{"path": "l.csv"}]}))
    assert [tables[name][0].kind_of("email") for name in tables] == ["id", None, "id"]
    assert list(tables) == ["customers", "responses", "identity.links.0"]
    assert list(tables_to_read(config(), ("responses",))) == ["responses"]


def test_the_key_that_a_table_turns_out_to_have_is_a_key_of_all() -> None:
    found_later = identified(config(None), {"responses": "email"})
    assert keys_of(found_later) == ("email",)
    assert keys_of(identified(found_later, {"responses": None})) == ()
    assert tables_to_read(found_later)["customers"][0].kind_of("email") == "id"
