"""One YAML file per project, read into validated models; errors in the words of YAML."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from silentnps.config.data_sections import TableConfig
from silentnps.config.sections import ProjectConfig
from silentnps.config.values import did_you_mean
from silentnps.errors import ConfigError

_RULES = {
    "model_type": "a mapping of keys",
    "dict_type": "a mapping of keys",
    "tuple_type": "a list",
    "path_type": "a path",
    "string_pattern_mismatch": "letters, digits, '.', '_' and '-', a letter or digit first",
}
"""Rules in the words of YAML where pydantic has those of Python, by its type of error."""


def load_config(path: Path) -> ProjectConfig:
    """Read and validate a project's YAML file.

    Raises
    ------
    ConfigError
        If the file is missing, is not YAML, or holds an unknown key or an invalid value.
    """
    raw = _read_yaml(path)
    try:
        config = ProjectConfig.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(f"{path}: {_explain(error.errors()[0])}") from None
    return _resolve_paths(config, path.resolve().parent)


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        _refuse_repeated_keys(yaml.compose(text, Loader=yaml.SafeLoader))
        raw = yaml.safe_load(text)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}). Pass an existing file with -c.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} must be UTF-8 text. Save it as UTF-8.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "syntax error"
        raise ConfigError(f"{path}{where} is not valid YAML ({problem}). Correct the line.") from None
    if not isinstance(raw, dict):
        raise ConfigError(f"{path} must hold a mapping of keys; got {type(raw).__name__}. See configs/.")
    return raw


def _refuse_repeated_keys(node: yaml.Node | None) -> None:
    """Raise an error of YAML where a mapping has a key twice: YAML forbids it, the loader takes the last."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_repeated_keys(item)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key.value!r} is there twice", problem_mark=key.start_mark
                )
            seen.add(str(key.value))
            _refuse_repeated_keys(value)


def _explain(error: ErrorDetails) -> str:
    where = ".".join(str(part) for part in error["loc"] if part != "[key]")
    if error["type"] == "extra_forbidden":
        known = _known_keys(error["loc"])
        hint = did_you_mean(str(error["loc"][-1]), known)
        return f"unknown key {where!r}.{hint} Known keys there: {', '.join(known)}."
    if error["type"] == "missing":
        return f"the key {where!r} is missing. Add it."
    if error["type"] in _RULES:
        message = f"must be {_RULES[error['type']]}"
    else:
        message = error["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    text = f"{where} {message}" if message.startswith("must be") else f"{where}: {message}"
    # A mapping would repeat the whole section.
    return f"{text}." if isinstance(error["input"], dict) else f"{text}; got {str(error['input'])[:80]!r}."


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    if location[0] == "tables":
        return list(TableConfig.model_fields)
    model: type[BaseModel] = ProjectConfig
    for part in location[:-1]:
        annotation = model.model_fields[str(part)].annotation
        for one in (annotation, *get_args(annotation)):
            if isinstance(one, type) and issubclass(one, BaseModel):
                model = one
    return list(model.model_fields)


def _resolve_paths(config: ProjectConfig, folder: Path) -> ProjectConfig:
    tables = {
        name: table.model_copy(update={"path": folder / table.path.expanduser()})
        for name, table in config.tables.items()
    }
    resolved = config.model_copy(update={"tables": tables, "output": folder / config.output.expanduser()})
    resolved._folder = folder
    return resolved
