"""What the files leave open, and only a person can say: time zone, order of days, sign of decimals, rates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from silentnps.data.files.names import listed
from silentnps.errors import ConfigError
from silentnps.schema import TABLES
from silentnps.workflow.onboarding.looked import Found, Looked
from silentnps.workflow.onboarding.money import currencies_of, where_currencies_are
from silentnps.workflow.onboarding.profiles import NUMERIC


@dataclass(frozen=True)
class Answers:
    """What a person said; None where nothing was said.

    `rates` has what one unit of a currency is worth in `currency`, by its code.
    """

    timezone: str | None = None
    day_first: bool | None = None
    decimal: Literal[".", ","] | None = None
    currency: str | None = None
    rates: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """What is open: the field of `Answers`, the option of the command that answers it, and the question.

    `code` is the currency whose rate is asked for, if any is.
    """

    field: str
    option: str
    text: str
    code: str = ""


def open_questions(looked: Looked, answers: Answers) -> list[Question]:
    """Return what nobody can see in the files and nobody has said."""
    questions = (
        _zone_question(times_without_zone(looked)) if answers.timezone is None else None,
        _order_question(ambiguous_days(looked)) if answers.day_first is None else None,
        _decimal_question(ambiguous_amounts(looked)) if answers.decimal is None else None,
    )
    return [*(question for question in questions if question is not None), *_currency_questions(looked, answers)]


def _zone_question(columns: list[str]) -> Question | None:
    text = f"In which time zone are the times without one ({listed(columns, most=4)})? Such as Europe/Berlin or UTC"
    return Question("timezone", "--timezone Europe/Berlin", text) if columns else None


def _order_question(columns: list[str]) -> Question | None:
    text = f"Does the day come first in dates such as 03/04/2025 ({listed(columns, most=4)})? day or month"
    return Question("day_first", "--day-first or --month-first", text) if columns else None


def _decimal_question(columns: list[str]) -> Question | None:
    text = f"Which sign begins the decimals of numbers such as 1,234 ({listed(columns, most=4)})? , or ."
    return Question("decimal", "--decimal , or --decimal .", text) if columns else None


def _currency_questions(looked: Looked, answers: Answers) -> list[Question]:
    """Return the question for the currency of the amounts, or else for the rates that it needs."""
    codes = currencies_of(looked)
    if answers.currency is None:
        option = (
            " ".join([f"--currency {codes[0]}", *(f"--rate {code}=..." for code in codes[1:])]) if codes else ""
        )
        text = (
            f"Into which of the currencies {listed(codes)} ({where_currencies_are(looked)}) are amounts converted"
        )
        return [Question("currency", option, f"{text}? Such as {codes[0]}")] if len(codes) > 1 else []
    return [
        Question(
            "rates", f"--rate {code}=1.25", f"How many {answers.currency} is one {code} worth? Such as 1.25", code
        )
        for code in codes
        if code != answers.currency and code not in answers.rates
    ]


def unanswered(questions: list[Question]) -> ConfigError:
    """Return the error that names every option without which there is no configuration."""
    said = " ".join(f"{question.text.rstrip('?')}: pass {question.option}." for question in questions)
    return ConfigError(f"what the files leave open must be said; got no answer. {said}")


def times_without_zone(looked: Looked) -> list[str]:
    """Return the used columns of times that have no zone, as `file: column`."""
    return [
        f"{found.sample.label}: {column.name}"
        for name, found in looked.tables.items()
        for canonical, column in found.mapped.items()
        if TABLES[name].kind_of(canonical) == "time" and column.filled and column.zoneless
    ]


def ambiguous_days(looked: Looked) -> list[str]:
    """Return the used columns of dates whose day and month could change places."""
    return [name for found in looked.tables.values() for name in days_in_doubt(found)]


def days_in_doubt(found: Found) -> list[str]:
    """Return the used columns of one table whose day and month could change places."""
    return [
        f"{found.sample.label}: {column.name}"
        for column in found.mapped.values()
        if column.is_time and column.dates is not None and column.dates.ambiguous
    ]


def ambiguous_amounts(looked: Looked) -> list[str]:
    """Return the used columns of numbers whose sign groups thousands or begins decimals."""
    return [name for table, found in looked.tables.items() for name in amounts_in_doubt(table, found)]


def amounts_in_doubt(table: str, found: Found) -> list[str]:
    """Return the used columns of numbers of one table whose sign groups thousands or begins decimals."""
    return [
        f"{found.sample.label}: {column.name}"
        for canonical, column in found.mapped.items()
        if TABLES[table].kind_of(canonical) in NUMERIC and column.numbers is not None and column.numbers.ambiguous
    ]
