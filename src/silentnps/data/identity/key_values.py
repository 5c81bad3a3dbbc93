"""SQL of the values of a key in the form in which they are compared."""

from __future__ import annotations

from silentnps.config import ProjectConfig
from silentnps.data.reading.keys import is_email

_BLANKS = r"[\s\x{00A0}\x{200B}\x{FEFF}]"
_PLUS = r"\+[^@]*@"


def compared(value: str, key: str, config: ProjectConfig) -> str:
    """Return SQL of a value of a key as it is compared; `value` is SQL of the value.

    E-mail addresses are compared without case and blanks, and with `identity.plus_addressing` without what follows
    a plus sign; dots count. A text without @ is no address: null. Other keys are compared as ids are: as texts.
    """
    if not is_email(config, key):
        return value
    address = f"regexp_replace(lower({value}), '{_BLANKS}', '', 'g')"
    if config.identity.plus_addressing:
        address = f"regexp_replace({address}, '{_PLUS}', '@')"
    return f"CASE WHEN contains({value}, '@') THEN {address} END"
