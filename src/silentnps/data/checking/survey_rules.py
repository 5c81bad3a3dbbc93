"""Rules that set aside what the section `survey` does not count: other surveys, and excluded values."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir

from silentnps.config import SurveyConfig
from silentnps.data.checking.rules import Rule
from silentnps.data.surveys.values import comparable, is_any_of
from silentnps.errors import ConfigError

SURVEYED = ("responses", "invitations")
"""The tables whose rows are of a survey."""

_Bad = Callable[[ir.Table], ir.BooleanValue]
_DECLARED = "The rows are set aside, as `survey` in the configuration says."

_NOT_TOLD = (
    "All invitations count, of whatever survey: the share that answered is too low where some are of surveys that"
    " do not count. Map `survey_id` or `survey_type` of both tables."
)


def with_survey_rules(
    name: str, columns: Collection[str], rules: list[Rule], survey: SurveyConfig, responses: ir.Table | None
) -> list[Rule]:
    """Return the rules of a table, before them those of the survey; what is set aside breaks no other rule.

    Invitations without a type of their own are of the type of the answers with the same `survey_id`.

    Parameters
    ----------
    responses
        The answers as they were read.

    Raises
    ------
    ConfigError
        If responses lack a column that `survey` names.
    """
    if name not in SURVEYED:
        return rules
    if name == "responses":
        _refuse_absent(columns, survey)
    own = [*_kept(columns, survey), *_excluded(columns, survey)]
    if name == "invitations" and survey.type and "survey_type" not in columns:
        own += _by_answers(columns, survey, responses)
    return [*own, *(_of_counted(rule, own) for rule in rules)]


def _refuse_absent(columns: Collection[str], survey: SurveyConfig) -> None:
    declared = {"survey_type": ("type", survey.type), "survey_id": ("id", survey.id)}
    declared |= {column: (f"exclude.{column}", values) for column, values in survey.exclude.items()}
    for column, (key, values) in declared.items():
        if values and column not in columns:
            raise ConfigError(
                f"survey.{key} must go with a column {column!r} of responses; got none. "
                f"Map it with tables.responses.columns, or remove the key."
            )


def _kept(columns: Collection[str], survey: SurveyConfig) -> list[Rule]:
    kept = {"survey_type": survey.type, "survey_id": survey.id}
    return [
        Rule(column, f"of survey.{key}", "row", _DECLARED, _is_other(column, kept[column]))
        for column, key in (("survey_type", "type"), ("survey_id", "id"))
        if kept[column] and column in columns
    ]


def _is_other(column: str, values: tuple[str, ...]) -> _Bad:
    return lambda t: ~is_any_of(t, column, values)


def _excluded(columns: Collection[str], survey: SurveyConfig) -> list[Rule]:
    return [
        Rule(column, f"none of survey.exclude.{column}", "row", _DECLARED, _is_one(column, values))
        for column, values in survey.exclude.items()
        if values and column in columns
    ]


def _is_one(column: str, values: tuple[str, ...]) -> _Bad:
    return lambda t: is_any_of(t, column, values)


def _by_answers(columns: Collection[str], survey: SurveyConfig, responses: ir.Table | None) -> list[Rule]:
    """Return the rule on invitations of surveys of which all answers are of another type, or a note."""
    if responses is None or "survey_id" not in columns or "survey_id" not in responses.columns:
        return [Rule("survey_id", "there, to tell the types of surveys apart", "note", _NOT_TOLD, _every)]
    answers = responses.select(
        id=comparable(responses, "survey_id"), counts=is_any_of(responses, "survey_type", survey.type)
    )
    others = answers.group_by("id").aggregate(counts=answers.counts.any()).filter(~ibis._.counts)

    def bad(t: ir.Table) -> ir.BooleanValue:
        return comparable(t, "survey_id").isin(others.id) & (comparable(t, "survey_id") != "")

    return [Rule("survey_id", "that of answers of survey.type", "row", _DECLARED, bad)]


def _every(t: ir.Table) -> ir.BooleanValue:
    return t.customer_id.notnull()


def _of_counted(rule: Rule, own: list[Rule]) -> Rule:
    own = [one for one in own if one.effect == "row"]
    if not own:
        return rule

    def bad(t: ir.Table) -> ir.BooleanValue:
        aside = reduce(or_, (one.bad(t).fill_null(False) for one in own))
        return ~aside & rule.bad(t)

    return replace(rule, bad=bad)
