"""One YAML file per project, read into validated models, with errors in terms of YAML."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from silentnps.config.data_sections import NO_PLACE, RowsConfig, TableConfig
from silentnps.config.sections import ProjectConfig
from silentnps.config.values import did_you_mean
from silentnps.config.yaml_text import read_yaml, shown
from silentnps.errors import ConfigError

_Place = TypeVar("_Place", bound=RowsConfig)

_RULES = {
    "model_type": "a mapping of keys",
    "dict_type": "a mapping of keys",
    "tuple_type": "a list",
    "path_type": "a path",
    "string_pattern_mismatch": "letters, digits, '.', '_' and '-', a letter or digit first",
}
"""Rules in terms of YAML where those of pydantic are in terms of Python, by its type of error."""


def load_config(path: Path) -> ProjectConfig:
    """Read and validate a project's YAML file.

    Raises
    ------
    ConfigError
        If the file is missing, is not YAML, or holds an unknown key or an invalid value.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "shop.yaml"
    ...     _ = file.write_text("{name: shop, output: out, tables: {customers: {path: customers.csv}}}")
    ...     config = load_config(file)
    >>> config.name, config.waves.embargo_hours, config.output.name
    ('shop', 24.0, 'out')
    """
    raw = read_yaml(path)
    try:
        config = ProjectConfig.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(f"{shown(path)}: {shown(_explain(error.errors()[0]))}") from None
    try:
        return _resolve_paths(config, path.resolve().parent)
    except (OSError, RuntimeError, ValueError):  # an unknown home folder, a name that no file can have
        raise ConfigError(f"{shown(path)}: paths must be ones that can be looked up. Correct them.") from None


def _explain(error: ErrorDetails) -> str:
    where = ".".join(str(part) for part in error["loc"] if part != "[key]")
    if error["type"] == "extra_forbidden":
        known = _known_keys(error["loc"])
        hint = did_you_mean(str(error["loc"][-1]), known)
        return f"unknown key {where!r}.{hint} Known keys there: {', '.join(known)}."
    if error["type"] == NO_PLACE:
        return f"the key '{where}.path' is missing. Add it."
    if error["type"] == "missing":
        return f"the key {where!r} is missing. Add it."
    if error["type"] in _RULES:
        message = f"must be {_RULES[error['type']]}"
    else:
        message = error["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    text = f"{where} {message}" if message.startswith("must be") else f"{where}: {message}"
    # A mapping would repeat the whole section, and a URL may hold a password.
    silent = isinstance(error["input"], dict) or "url" in error["loc"] or ":/" in str(error["input"])
    return f"{text}." if silent else f"{text}; got {_input(error['input'])!r}."


def _input(value: object) -> str:
    try:
        return str(value)[:80]
    except ValueError:  # a number with more digits than Python writes
        return type(value).__name__


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    if location[0] == "tables" and len(location) > 1:
        return list((RowsConfig if "joined" in location[2:-1] else TableConfig).model_fields)
    model: type[BaseModel] = ProjectConfig
    for part in location[:-1]:
        annotation = model.model_fields[str(part)].annotation if str(part) in model.model_fields else None
        for candidate in (annotation, *get_args(annotation)):
            if isinstance(candidate, type) and issubclass(candidate, BaseModel):
                model = candidate
    return list(model.model_fields)


def _resolve_paths(config: ProjectConfig, folder: Path) -> ProjectConfig:
    tables = {name: _with_joined(_resolved(table, folder), folder) for name, table in config.tables.items()}
    links = (_resolved(link, folder) for link in config.identity.links)
    identity = config.identity.model_copy(update={"links": tuple(links)})
    output = folder / config.output.expanduser()
    presets = None if config.presets is None else folder / config.presets.expanduser()
    playbook = None if config.actions.playbook is None else folder / config.actions.playbook.expanduser()
    actions = config.actions.model_copy(update={"playbook": playbook})
    resolved = config.model_copy(
        update={
            "tables": tables,
            "identity": identity,
            "output": output,
            "presets": presets,
            "actions": actions,
        }
    )
    resolved._folder = folder
    return resolved


def _with_joined(table: TableConfig, folder: Path) -> TableConfig:
    joined = {name: _resolved(place, folder) for name, place in table.joined.items()}
    return table.model_copy(update={"joined": joined}) if joined else table


def _resolved(place: _Place, folder: Path) -> _Place:
    path = place.path
    return place if path is None else place.model_copy(update={"path": folder / path.expanduser()})
