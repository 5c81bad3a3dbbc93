"""The text of an error is one line, whatever it quotes."""

from __future__ import annotations

import pickle

import pytest

from silentnps.errors import ConfigError, DataError, ModelError


@pytest.mark.parametrize("kind", [ConfigError, DataError, ModelError])
def test_what_is_quoted_breaks_no_line(kind: type[Exception]) -> None:
    error = kind("the table 'a\nb\r\x1b[31m\u2028c' of größe é must be there")
    assert str(error) == r"the table 'a\nb\r\x1b[31m\u2028c' of größe é must be there"
    assert len(str(error).splitlines()) == 1
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_a_plain_text_is_as_it_was() -> None:
    assert (
        str(DataError("column 'x' must be there; got \\n. Add it.")) == "column 'x' must be there; got \\n. Add it."
    )
