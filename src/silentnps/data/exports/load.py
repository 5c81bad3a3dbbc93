"""The presets of the package and those of the user, by name."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import ValidationError

from silentnps.config.values import did_you_mean
from silentnps.config.yaml_text import read_yaml, shown
from silentnps.data.exports.preset import Preset, TableOf
from silentnps.errors import ConfigError

_OURS = Path(__file__).parent / "presets"


def load_presets(folder: Path | None = None) -> dict[str, Preset]:
    """Return the presets of the package and, in their place where names agree, those of the user's folder, by name.

    The name of a preset is that of its file without the ending `.yaml`.

    Raises
    ------
    ConfigError
        If the folder does not exist or a file in it is no preset.
    """
    own = {} if folder is None else _of_folder(folder)
    return dict(sorted((_ours() | own).items()))


def preset_path(name: str, folder: Path | None = None) -> Path:
    """Return the file of a preset; ConfigError if there is none of this name."""
    presets = load_presets(folder)
    if name not in presets:
        raise ConfigError(f"a preset must be one of {', '.join(presets)}; got {name!r}.{_hint(name, presets)}")
    own = None if folder is None else folder / f"{name}.yaml"
    return own if own is not None and own.exists() else _OURS / f"{name}.yaml"


def table_of(name: str, table: str, presets: dict[str, Preset]) -> tuple[Preset, TableOf]:
    """Return a preset and how it gives one canonical table.

    Raises
    ------
    ConfigError
        If there is no such preset, or it does not give this table.
    """
    key = f"tables.{table}.preset"
    if name not in presets:
        raise ConfigError(f"{key} must be one of {', '.join(presets)}; got {name!r}.{_hint(name, presets)}")
    preset = presets[name]
    if table not in preset.tables:
        others = ", ".join(other for other, value in presets.items() if table in value.tables) or "none"
        raise ConfigError(
            f"{key} must be a preset for this table; got {name!r}, which gives {', '.join(preset.tables)}."
            f" Presets for {table}: {others}."
        )
    return preset, preset.tables[table]


def _hint(name: str, presets: dict[str, Preset]) -> str:
    return did_you_mean(name, list(presets))


@cache
def _ours() -> dict[str, Preset]:
    return _of_folder(_OURS)


def _of_folder(folder: Path) -> dict[str, Preset]:
    if not folder.is_dir():
        raise ConfigError(f"presets must be a folder of YAML files; got {shown(folder)}. Correct the path.")
    return {file.stem: _preset(file) for file in sorted(folder.glob("*.yaml"))}


def _preset(file: Path) -> Preset:
    try:
        return Preset.model_validate(read_yaml(file))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigError(
            f"{shown(file)}: {shown(where)} must be as in a preset ({first['msg'].removeprefix('Value error, ')})."
            " The documentation of exports shows one."
        ) from None
