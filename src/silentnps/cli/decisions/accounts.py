"""Put the contacts of accounts together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from silentnps.cli.screen import OUT, ConfigOption, open_project, screen, titled_table

if TYPE_CHECKING:
    from silentnps.workflow.decisions.accounts import Accounts

_Top = Annotated[int, typer.Option("--top", help="Silent accounts, and others, to print.", min=1)]


def accounts(config: ConfigOption, top: _Top = 10) -> None:
    """Put the contacts of each company together: shares, range, spend at risk; silent companies first.

    The configuration names the attribute of customers: accounts: {column: account_id}.

    Example: silentnps accounts -c config.yaml --top 20
    """
    with screen("accounts") as watch:
        from silentnps.workflow.decisions.accounts import accounts as run
        from silentnps.workflow.decisions.accounts import accounts_folder

        project = open_project(config)
        found = run(project, watch=watch)
    show_accounts(found, top)
    OUT.print(f"all accounts: {accounts_folder(project) / 'accounts.xlsx'} (and .csv)")


def show_accounts(found: Accounts, top: int) -> None:
    """Print how many accounts are silent, the first of these and of the others, and what must be known."""
    n = len(found.table)
    OUT.print(f"wave {found.wave}: nobody answered in {found.n_silent:,} of {n:,} accounts")
    silent = found.table["silent"].astype(bool)
    for title, rows in (("Silent accounts", found.table[silent]), ("Accounts with answers", found.table[~silent])):
        if len(rows):
            _show(title, rows.head(top).to_dict("records"), len(rows), spend=bool(found.spend))
    for note in found.notes:
        OUT.print(note)


def _show(title: str, rows: list[dict[Any, Any]], n: int, *, spend: bool) -> None:
    by = "spend at risk" if spend else "expected detractors"
    table = titled_table(f"{title}, most {by} first ({len(rows):,} of {n:,})")
    table.add_column("account", no_wrap=True)
    for head in ("customers", "answers", "detractors", "spend at risk" if spend else "promoters"):
        table.add_column(head, justify="right", no_wrap=head in ("customers", "answers"))
    for row in rows:
        last = _amount(row) if spend else _share(row, "promoter")
        counts = (f"{row['customers']:,}", f"{row['answers']:,}")
        table.add_row(str(row["account_id"]), *counts, _share(row, "detractor"), last)
    OUT.print(table)


def _share(row: dict[Any, Any], stem: str) -> str:
    share, low, high = (100 * row[f"{stem}_{end}"] for end in ("share", "low", "high"))
    return f"{share:.0f} % ({low:.0f} to {high:.0f})"


def _amount(row: dict[Any, Any]) -> str:
    return f"{row['at_risk']:,.0f} ({row['at_risk_low']:,.0f} to {row['at_risk_high']:,.0f})"
