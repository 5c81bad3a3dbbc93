"""The page on exports has every preset."""

from __future__ import annotations

from projects import ROOT

from silentnps.data.exports.load import load_presets


def test_the_page_lists_every_preset_with_its_tables() -> None:
    lines = (ROOT / "docs" / "exports.md").read_text(encoding="utf-8").splitlines()
    rows = {line.split("`")[1]: line for line in lines if line.startswith("| `")}
    for name, preset in load_presets().items():
        assert name in rows, f"add a row for {name} to the table of docs/exports.md"
        assert all(f"`{table}`" in rows[name] for table in preset.tables), f"the row of {name} lacks a table"
