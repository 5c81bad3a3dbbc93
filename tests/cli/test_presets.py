"""What a person reads about the presets."""

from __future__ import annotations

from pathlib import Path

from projects import run

from silentnps.data.exports.load import load_presets

TILL = """\
title: Our tills
status: confirmed
source: the manual of the tills
recognise: {must: [bon, [sum, total]]}
tables:
  orders:
    identified_by: [{columns: card}]
    columns: {order_id: bon, ordered_at: at, amount: [sum, total]}
    constants: {channel: store}
"""


def own(folder: Path) -> Path:
    """Write a configuration with a folder of presets; return its path."""
    (folder / "mine").mkdir()
    (folder / "mine" / "tills.yaml").write_text(TILL)
    config = folder / "config.yaml"
    config.write_text("name: shop\noutput: out\npresets: mine\ntables: {customers: {path: crm.csv}}\n")
    return config


def test_every_preset_is_listed_with_its_tables_and_status() -> None:
    code, out, _ = run("presets")
    assert code == 0
    text = " ".join(out.split())
    assert all(name in out for name in load_presets())
    assert "Stripe charges (API, Fivetran, Airbyte); confirmed" in text
    assert "Stripe payments (CSV export of the dashboard); by documentation only" in text
    assert "returns: 5" in text
    assert f"{len(load_presets())} presets" in text
    assert "your own" not in text


def test_presets_of_the_user_are_listed_as_such(tmp_path: Path) -> None:
    code, out, _ = run("presets", "-c", own(tmp_path))
    assert code == 0
    assert "tills" in out
    assert "your own" in " ".join(out.split())


def test_one_preset_is_shown_with_columns_rules_and_traps() -> None:
    code, out, _ = run("presets", "zendesk")
    assert code == 0
    text = " ".join(out.split())
    assert "status: by documentation only" in text
    assert "first_response_at" in text
    assert "customer_id (email)" in text
    assert "a ticket that was not deleted (status or Ticket status)" in text
    assert "reopens: it is the count on the day of the export" in text
    assert "incremental syncs write a ticket once per change" in text
    assert "use: tables: {support: {path: FILE, preset: zendesk}}" in text


def test_how_rows_become_one_and_amounts_are_read_is_shown() -> None:
    text = " ".join(run("presets", "stripe_charges")[1].split())
    assert "rows with the same id or charge_id are versions of one, of which the latest counts" in text
    assert "amount: whole numbers in the smallest unit of their currency, with decimals: 0 for BIF, CLP" in text
    assert "3 for BHD, JOD, KWD, OMR, TND; 2 for others" in text
    lines = " ".join(run("presets", "woocommerce_orders")[1].split())
    assert "are lines of one; item_quantity or Quantity is added up" in lines
    assert "times of date_created_gmt or date_paid_gmt or date_completed_gmt are in UTC" in lines
    assert "where user_id is empty, it is identifies.user_id" in run("presets", "segment_tracks")[1]
    assert "they say less than clicks" in run("presets", "klaviyo")[1]


def test_a_preset_of_the_user_is_shown_with_its_file(tmp_path: Path) -> None:
    code, out, _ = run("presets", "tills", "-c", own(tmp_path))
    assert code == 0
    text = " ".join(out.split())
    assert "status: confirmed, your own" in text
    assert "mine/tills.yaml" in text
    assert "recognised by: bon; sum or total" in text
    assert "always store" in text


def test_a_preset_that_is_not_there_is_an_error_with_the_nearest_name() -> None:
    code, _, err = run("presets", "zendsk")
    assert code == 1
    assert "Did you mean 'zendesk'" in err
