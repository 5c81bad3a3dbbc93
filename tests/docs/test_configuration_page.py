"""The page of the configuration has every key with its default, and no other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, get_args

import pytest
from pages import rows_of
from projects import ROOT
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from silentnps.config.sections import ProjectConfig

PAGE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")


def sections_below(model: type[BaseModel], name: str) -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield each section of the configuration by the name of its heading."""
    yield name, model
    for key, field in model.model_fields.items():
        of_name = f"{name}.{key}" if name != "The project" else key
        for kind in (field.annotation, *get_args(field.annotation)):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from sections_below(kind, f"{of_name}.<name>" if key == "tables" else of_name)


SECTIONS = dict(sections_below(ProjectConfig, "The project"))


def written_default(field: FieldInfo) -> str:
    """Return a default as the page has it."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    return "section" if isinstance(value, BaseModel) else "" if value is None else f"`{_as_yaml(value)}`"


def _as_yaml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_as_yaml, value))}]"
    if isinstance(value, float):
        return f"{value:g}"
    return value.isoformat() if isinstance(value, date) else str(value)


def heading(name: str) -> str:
    return name if name == "The project" else f"`{name}`"


def test_the_page_has_each_section_and_no_other() -> None:
    assert re.findall(r"^## (.+)$", PAGE, re.MULTILINE) == [heading(name) for name in _in_order_of_the_page()]


def _in_order_of_the_page() -> list[str]:
    """Return the sections as a reader of a YAML file meets them: the order of the keys."""
    return list(SECTIONS)


@pytest.mark.parametrize("name", SECTIONS)
def test_each_key_has_its_default_and_its_meaning(name: str) -> None:
    text = PAGE.split(f"\n## {heading(name)}\n")[1].split("\n## ")[0]
    rows = {row[0].strip("`"): row[1:] for row in rows_of(text)}
    fields = {field.alias or key: field for key, field in SECTIONS[name].model_fields.items()}
    assert list(rows) == list(fields)
    for key, field in fields.items():
        default, meaning = rows[key]
        assert default == written_default(field), key
        assert len(meaning) > 10, key
