"""The section on the survey: which answers count as one survey, and which are no answers of customers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from silentnps.config.values import Section, Setting


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str | int | float) else value


OneOrMore = Annotated[tuple[Setting, ...], BeforeValidator(_listed)]
"""One text, or a list of them."""

Excludable = Literal["channel", "survey_id", "survey_type", "tags"]


class SurveyConfig(Section):
    """Which answers count; all others are set aside and counted, and so are invitations of other surveys.

    `type` has the values of `survey_type` that count, such as relational, `id` those of `survey_id`; an empty text
    stands for rows without one. `exclude` has values by column, such as `{channel: [test]}`, whose answers do not
    count. Case and blanks around values do not matter, and `*` stands for any characters, as in `nps-2025-*`; among
    `tags` a value is one of those of a row.
    """

    type: OneOrMore = ()
    id: OneOrMore = ()
    exclude: dict[Excludable, OneOrMore] = Field(default_factory=dict)
