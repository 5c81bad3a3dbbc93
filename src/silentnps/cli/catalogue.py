"""The catalogue of features on the terminal."""

from __future__ import annotations

from rich.text import Text

from silentnps.cli.screen import OUT, titled_table
from silentnps.features.catalog import catalog_frame
from silentnps.features.engine.dictionary import catalog_markdown


def show_catalogue(*, markdown: bool) -> None:
    """Print every feature with its definition, unit and role."""
    if markdown:
        print(catalog_markdown(), end="")
        return
    frame = catalog_frame()
    for family, rows in frame.groupby("family", sort=False):
        table = titled_table(f"{family}: {len(rows)}", box=None, show_header=False)
        table.add_column(no_wrap=True)
        table.add_column()
        for row in rows.to_dict("records"):
            role = f"{row['role']}, learned" if row["learned"] else row["role"]
            table.add_row(row["name"], Text.assemble(row["definition"], " ", (f"{row['unit']}; {role}", "dim")))
        OUT.print(table)
    OUT.print(f"{len(frame)} features, {int(frame['learned'].sum())} of them learned from the base")
