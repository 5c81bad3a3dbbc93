"""URLs of servers in a configuration: they hold no secret, only the names of variables of the environment."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

VARIABLE = re.compile(r"\$\{([A-Za-z_]\w*)\}")
"""What stands for the value of a variable of the environment."""

URL = re.compile(
    r"(?P<scheme>[A-Za-z][\w+.-]*)://((?P<user>[^/?#]*)@)?(?P<place>[^@?#]*)(\?(?P<options>[^@#]*))?", re.ASCII
)
"""The parts of a URL: of `user` what follows the first colon is the password."""

_SECRET = re.compile(
    r"(pass(?!file)|pwd|secret|token|credential|(api|access|account|private|encryption)_?key)", re.I
)
_CURE = "write ${SHOP_DB_PASSWORD} in its place, and set that variable of the environment"


def _without_secret(url: str) -> str:
    if VARIABLE.fullmatch(url):
        return url
    parts = URL.fullmatch(url)
    if parts is None:
        raise ValueError(
            "must be like postgresql://analyst@host:5432/shop; signs such as @ and / in a password are why it is"
            f" not: {_CURE}"
        )
    _, colon, password = (parts["user"] or "").partition(":")
    if colon and not VARIABLE.fullmatch(password):
        raise ValueError(f"must hold no password: {_CURE}, or use PGPASSWORD or .pgpass")
    for option in (parts["options"] or "").split("&"):
        name, _, value = option.partition("=")
        if _SECRET.search(name) and not VARIABLE.fullmatch(value):
            raise ValueError(f"must hold no secret, as its option {name!r} is: {_CURE}")
    return url


ServerUrl = Annotated[str, AfterValidator(_without_secret)]
"""The URL of a server: any password in it is the name of a variable of the environment."""
