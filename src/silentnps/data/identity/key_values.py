"""SQL of the values of a key in the form in which they are compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from silentnps.config import ProjectConfig
from silentnps.data.reading.keys import is_email
from silentnps.data.values.salesforce_ids import short_form

_BLANKS = r"[\s\x{00A0}\x{200B}\x{FEFF}]"
_PLUS = r"\+[^@]*@"


@dataclass(frozen=True)
class NearForm:
    """A form in which more values of a key are equal: SQL of it for SQL of a value, and its name in words."""

    of: Callable[[str], str]
    how: str


def compared(value: str, key: str, config: ProjectConfig) -> str:
    """Return SQL of a value of a key as it is compared; `value` is SQL of the value.

    E-mail addresses are compared without case and blanks, and with `identity.plus_addressing` without what follows
    a plus sign; dots count. A text without @ is no address: null. Other keys are compared as ids are: as texts, ids
    of Salesforce by their first 15 characters.
    """
    if not is_email(config, key):
        return short_form(value)
    address = f"regexp_replace(lower({value}), '{_BLANKS}', '', 'g')"
    if config.identity.plus_addressing:
        address = _without_plus(address)
    return f"CASE WHEN contains({value}, '@') THEN {address} END"


def near_form(key: str, config: ProjectConfig) -> NearForm | None:
    """Return the form in which values may be meant alike that are not compared alike; None if there is none."""
    if not is_email(config, key):
        return NearForm(_loosely, "without zeros in front and case of letters: write them alike")
    if config.identity.plus_addressing:
        return None
    return NearForm(_without_plus, "with identity.plus_addressing: true")


def _without_plus(address: str) -> str:
    return f"regexp_replace({address}, '{_PLUS}', '@')"


def _loosely(value: str) -> str:
    return f"ltrim(lower({value}), '0')"
