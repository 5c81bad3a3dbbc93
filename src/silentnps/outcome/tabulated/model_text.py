"""LightGBM's text of a model, read without LightGBM, whose import takes longer than many commands need.

The format is that of `Booster.model_to_string`, version v4: one block of `name=values` for each tree. Nodes and
leaves are numbered apart; a child below 0 is leaf ~child.
"""

from __future__ import annotations

from typing import Any

_BY_CATEGORY, _DEFAULT_LEFT = 1, 2
_MISSING = ("None", "Zero", "NaN")
_WORD = 32


def is_known(text: str) -> bool:
    """Return whether a text is a model in the version that is read here."""
    return text.startswith("tree\nversion=v4\n") and "\nend of trees" in text


def tree_structures(text: str) -> list[dict[str, Any]]:
    """Return the trees of a known text as nested nodes, as `tree_structure` of `Booster.dump_model` has them.

    Nodes have split_index, split_feature, decision_type, threshold, missing_type, default_left, internal_count,
    left_child and right_child; leaves have leaf_value and, beside others, leaf_count.
    """
    _, *blocks = text.split("\nTree=")
    return [_structure(_fields(block)) for block in blocks]


def _fields(block: str) -> dict[str, str]:
    lines = block.split("\n\n", 1)[0].splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _structure(fields: dict[str, str]) -> dict[str, Any]:
    values = [float(value) for value in fields["leaf_value"].split()]
    if len(values) == 1:
        return {"leaf_value": values[0]}
    counts = [int(count) for count in fields["leaf_count"].split()]
    nodes = _nodes(fields)
    left, right = ([int(child) for child in fields[name].split()] for name in ("left_child", "right_child"))

    def of(place: int) -> dict[str, Any]:
        if place < 0:
            return {"leaf_value": values[~place], "leaf_count": counts[~place]}
        return nodes[place] | {"left_child": of(left[place]), "right_child": of(right[place])}

    return of(0)


def _nodes(fields: dict[str, str]) -> list[dict[str, Any]]:
    names = ("split_feature", "threshold", "decision_type", "internal_count")
    columns = zip(*(fields[name].split() for name in names), strict=True)
    return [
        {
            "split_index": place,
            "split_feature": int(feature),
            "internal_count": int(count),
            **_decision(int(kind), threshold, fields),
        }
        for place, (feature, threshold, kind, count) in enumerate(columns)
    ]


def _decision(kind: int, threshold: str, fields: dict[str, str]) -> dict[str, Any]:
    is_category = bool(kind & _BY_CATEGORY)
    return {
        "decision_type": "==" if is_category else "<=",
        "threshold": _categories(int(threshold), fields) if is_category else float(threshold),
        "missing_type": _MISSING[kind >> 2 & 3],
        "default_left": bool(kind & _DEFAULT_LEFT),
    }


def _categories(place: int, fields: dict[str, str]) -> str:
    """Return the categories that go left, from the bits of 32-bit words."""
    start, end = [int(bound) for bound in fields["cat_boundaries"].split()][place : place + 2]
    words = [int(word) for word in fields["cat_threshold"].split()][start:end]
    codes = (_WORD * i + bit for i, word in enumerate(words) for bit in range(_WORD) if word >> bit & 1)
    return "||".join(map(str, codes))
