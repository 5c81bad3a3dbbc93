"""What is missing for a format is said before any work, with the cure."""

from __future__ import annotations

import pytest

from silentnps.errors import ConfigError
from silentnps.report.office import formats
from silentnps.report.office.formats import FORMATS, require_formats


def test_a_missing_package_is_named_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "find_spec", lambda module: None)
    with pytest.raises(ConfigError, match=r"--pptx needs python-pptx; got none. .*'silentnps\[office\]'"):
        require_formats(["pptx"])
    require_formats(["xlsx"])


def test_what_is_there_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(formats, "require_printer", lambda: asked.append("printer"))
    require_formats(list(FORMATS))
    assert asked == ["printer"]
