"""Init: from files to a first configuration."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from silentnps.cli.screen import ERR, OUT, OptionalConfig, screen
from silentnps.counts import counted

if TYPE_CHECKING:
    from silentnps.workflow.commands.init import Written
    from silentnps.workflow.onboarding.questions import Answers, Question

_Files = Annotated[list[str] | None, typer.Argument(help="Files of customers, answers, orders and so on.")]
_Output = Annotated[Path, typer.Option("--output", "-o", help="The configuration to write.")]
_Yes = Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing: what is open must be said by options.")]
_Name = Annotated[str | None, typer.Option("--name", help="Name of the project; else that of the folder.")]
_Zone = Annotated[
    str | None, typer.Option("--timezone", metavar="ZONE", help="Zone of times without one, such as Europe/Berlin.")
]
_DayFirst = Annotated[
    bool | None, typer.Option("--day-first/--month-first", help="The order in dates such as 03/04/2025.")
]
_Decimal = Annotated[str | None, typer.Option("--decimal", metavar="SIGN", help="The sign of decimals: . or ,")]
_Currency = Annotated[
    str | None, typer.Option("--currency", metavar="CODE", help="Currency into which amounts are converted.")
]
_Rates = Annotated[
    list[str] | None,
    typer.Option(
        "--rate", metavar="CODE=RATE", help="What one unit of a currency is worth in it; may be repeated."
    ),
]
_Force = Annotated[bool, typer.Option("--force", help="Replace the configuration if it exists.")]
_Check = Annotated[bool, typer.Option("--check", help="Show what each column became; write nothing.")]


def init(
    files: _Files = None,
    output: _Output = Path("config.yaml"),
    yes: _Yes = False,
    name: _Name = None,
    timezone: _Zone = None,
    day_first: _DayFirst = None,
    decimal: _Decimal = None,
    currency: _Currency = None,
    rate: _Rates = None,
    force: _Force = False,
    check: _Check = False,
    config: OptionalConfig = None,
) -> None:
    """Look at your files and write a commented configuration of them.

    Exit code 1: a file of customers is missing, or what the files leave open was not said.

    Example: silentnps init crm.csv survey.csv orders-2024.csv orders-2025.csv
    """
    if check:
        _show_columns(config or output)
        return
    if not files:
        raise typer.BadParameter("name your files, such as crm.csv survey.csv, or pass --check")
    if decimal not in (None, ".", ","):
        raise typer.BadParameter("--decimal must be . or ,")
    rates = _rates(rate or [])
    if currency is not None and not _is_code(currency):
        raise typer.BadParameter("--currency must be a code of three letters such as EUR")
    with screen("init") as watch:
        from silentnps.workflow.commands.init import init as run
        from silentnps.workflow.onboarding.questions import Answers

        answers = Answers(timezone, day_first, decimal, currency, rates)  # type: ignore[arg-type]
        ask = None if yes or not _is_a_person_there() else _ask
        written = run(files, output=output, name=name, answers=answers, ask=ask, force=force, watch=watch)
    _show(written)


def _is_a_person_there() -> bool:
    return sys.stdin.isatty()


def _rates(said: list[str]) -> dict[str, Decimal]:
    from silentnps.workflow.onboarding.money import rate_of

    rates = {}
    for text in said:
        code, _, number = text.partition("=")
        rate = rate_of(number)
        if not _is_code(code) or rate is None:
            raise typer.BadParameter(f"--rate must be like USD=0.92; got {text!r}")
        rates[code] = rate
    return rates


def _ask(questions: list[Question], answers: Answers) -> Answers:
    """Ask a person on the terminal; what is not understood is asked again."""
    from dataclasses import replace

    for question in questions:
        while True:
            value = _understood(question, typer.prompt(question.text, err=True).strip())
            if value is not None:
                break
            ERR.print("that is none of the possible answers")
        said = {**answers.rates, question.code: value} if question.code else value
        answers = replace(answers, **{question.field: said})  # type: ignore[arg-type]
    return answers


def _understood(question: Question, said: str) -> str | bool | Decimal | None:
    from silentnps.workflow.onboarding.money import rate_of

    if question.field == "timezone":
        return said if _is_zone(said) else None
    if question.field == "day_first":
        return {"day": True, "month": False}.get(said.lower())
    if question.field == "currency":
        return said.upper() if _is_code(said.upper()) else None
    if question.field == "rates":
        return rate_of(said)
    return said if said in (".", ",") else None


def _is_code(text: str) -> bool:
    from silentnps.workflow.onboarding.money import is_currency

    return is_currency(text)


def _is_zone(name: str) -> bool:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _show(written: Written) -> None:
    proposal = written.proposal
    for table, section in proposal.tables.items():
        key = f", customers by {section['identified_by'].value}" if "identified_by" in section else ""
        columns = ", ".join(f"{name} = {line.value}" for name, line in section["columns"].items())
        place = section.get("path") or section["url"]
        OUT.print(f"{table}: {place.value}, {place.reason}{key}")
        OUT.print(f"  {columns}", style="dim")
    OUT.print(f"waves: {proposal.waves.yaml or 'one'}: {proposal.waves.reason}")
    if proposal.roles.segments:
        OUT.print(f"segments: {', '.join(proposal.roles.segments)}")
    for file, reason in proposal.unused.items():
        OUT.print(f"not used: {file}: {reason}")
    if proposal.unsure:
        OUT.print(f"unsure of {counted(len(proposal.unsure), 'choice')}, marked UNSURE in the file:")
        for sentence in proposal.unsure:
            OUT.print(f"  - {sentence}")
    path = written.path
    OUT.print(f"configuration: {path}")
    ERR.print(f"next: silentnps init --check -c {path}, silentnps validate -c {path}, silentnps train -c {path}")


def _show_columns(config: Path) -> None:
    with screen("init") as watch:
        from silentnps.workflow.onboarding.became import what_columns_became

        tables = what_columns_became(config, watch=watch)
    for table in tables:
        OUT.print(f"{table.name}: {table.path}" + (f": {table.error}" if table.error else ""))
        for column in table.columns:
            OUT.print(f"  {column.user} -> {column.name} ({column.kind}): {', '.join(column.values) or 'empty'}")
    if any(table.error for table in tables):
        raise typer.Exit(1)
