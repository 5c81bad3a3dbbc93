"""Strict YAML for project files: limited in size and depth, no repeated keys, every value of its kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from silentnps.errors import ConfigError

_MOST_BYTES = 1_000_000
_MOST_NODES = 20_000
_MOST_DEPTH = 40


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the mapping in a YAML file.

    Raises
    ------
    ConfigError
        If it cannot be read, is not YAML, or holds anything but a mapping.
    """
    raw = _loaded(path, _text(path))
    if not isinstance(raw, dict):
        raise ConfigError(f"{shown(path)} must hold a mapping of keys; got {type(raw).__name__}. See configs/.")
    return raw


def shown(value: object) -> str:
    """Return a text as messages write it: on one line, with unprintable characters as escapes."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "backslashreplace").decode("ascii")
        for char in str(value)
    )


def _text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            content = stream.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise ConfigError(
                f"{shown(path)} must have at most {_MOST_BYTES:,} bytes; got more. Pass the project's file with -c."
            )
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{shown(path)} must be UTF-8 text. Save it as UTF-8.") from None
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        words = getattr(error, "strerror", None) or "no file can have this name"
        raise ConfigError(f"{shown(path)} cannot be read ({words}). Pass an existing file with -c.") from None


def _loaded(path: Path, text: str) -> object:
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        _refuse_repeated_keys(node)
        return _constructed(node)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "syntax error"
        raise ConfigError(f"{shown(path)}{where} is not valid YAML ({shown(problem)}). Correct the line.") from None
    except RecursionError:
        raise ConfigError(
            f"{shown(path)} must be nested at most {_MOST_DEPTH} deep; got more. Correct its brackets."
        ) from None


class _Loader(yaml.SafeLoader):
    """The safe loader; a value that cannot be converted to its kind is an error that names the line."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Return the value of a node."""
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError):
            kind = node.tag.rpartition(":")[2]
            raise yaml.MarkedYAMLError(
                problem=f"a value is no {kind}, though it looks like one", problem_mark=node.start_mark
            ) from None


def _constructed(node: yaml.Node | None) -> object:
    if node is None:
        return None
    loader = _Loader("")
    try:
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _refuse_repeated_keys(root: yaml.Node | None) -> None:
    """Raise a YAML error where a mapping repeats a key: YAML forbids it, but the loader takes the last.

    Aliases are followed each time they occur, since everything after this does the same.
    """
    waiting = [(root, 0)] if root is not None else []
    n_nodes = 0
    while waiting:
        node, depth = waiting.pop()
        n_nodes += 1
        if n_nodes > _MOST_NODES or depth > _MOST_DEPTH:
            what = (
                f"nested at most {_MOST_DEPTH} deep" if depth > _MOST_DEPTH else f"at most {_MOST_NODES:,} values"
            )
            raise yaml.MarkedYAMLError(problem=f"it must be {what}, aliases counted", problem_mark=node.start_mark)
        waiting.extend((child, depth + 1) for child in _children(node))


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.SequenceNode):
        return list(node.value)
    if not isinstance(node, yaml.MappingNode):
        return []
    seen: set[str] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.MarkedYAMLError(problem="a key must be a word", problem_mark=key.start_mark)
        if key.value in seen:
            raise yaml.MarkedYAMLError(problem=f"the key {key.value!r} is there twice", problem_mark=key.start_mark)
        seen.add(str(key.value))
    return [value for _, value in node.value]
