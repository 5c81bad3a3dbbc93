"""LightGBM's text of a model: read as LightGBM itself reads it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import lightgbm
import numpy as np
import pytest
from boosters import FEATURES, booster, data

from silentnps.outcome.kept_trees import KeptTrees
from silentnps.outcome.tabulated.lookup import TreeTables
from silentnps.outcome.tabulated.model_text import is_known, tree_structures

KEPT = {
    "split_index",
    "split_feature",
    "decision_type",
    "threshold",
    "missing_type",
    "default_left",
    "internal_count",
    "left_child",
    "right_child",
    "leaf_value",
    "leaf_count",
}
OPTIONS = [
    {},
    {"num_leaves": 31, "min_data_in_leaf": 2},
    {"num_leaves": 2},
    {"zero_as_missing": True},
    {"use_missing": False},
    {"max_cat_to_onehot": 1, "min_data_per_group": 1, "cat_smooth": 0.1},
    {"learning_rate": 1e-9},
    {"min_gain_to_split": 1e9},
]


def plain(node: dict[str, Any]) -> dict[str, Any]:
    """Return a node with what a tree is made of, and its children so."""
    found = {name: value for name, value in node.items() if name in KEPT}
    return {name: plain(value) if isinstance(value, dict) else value for name, value in found.items()}


def categories(node: dict[str, Any]) -> list[int]:
    """Return the categories that any split of a tree names."""
    own = node["threshold"].split("||") if node.get("decision_type") == "==" else []
    below = [categories(value) for value in node.values() if isinstance(value, dict)]
    return [*map(int, own), *(code for codes in below for code in codes)]


def rooted(structure: dict[str, Any]) -> dict[str, Any]:
    """Return a structure; a tree of one leaf without its count, which the text does not always have."""
    if "split_index" in structure:
        return structure
    return {name: value for name, value in structure.items() if name != "leaf_count"}


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_trees_are_those_that_lightgbm_dumps(options: dict[str, Any]) -> None:
    head = booster(**options)
    wanted = [rooted(plain(tree["tree_structure"])) for tree in head.dump_model()["tree_info"]]
    assert [rooted(tree) for tree in tree_structures(head.model_to_string())] == wanted


def test_categories_beyond_one_word_and_splits_into_missing_or_not_are_read() -> None:
    # 100 categories take four words of 32 bits; a feature of one value splits into missing or not.
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.integers(0, 100, 4000), np.where(rng.random(4000) < 0.5, np.nan, 1.0)]).astype(float)
    y = (X[:, 0] % 3 == 0) ^ np.isnan(X[:, 1])
    params = {"objective": "binary", "verbosity": -1, "num_leaves": 8, "num_threads": 1, "cat_smooth": 0.1}
    head = lightgbm.train(params, lightgbm.Dataset(X, y.astype(float), categorical_feature=[0]), 5)
    structures = tree_structures(head.model_to_string())
    assert structures == [plain(tree["tree_structure"]) for tree in head.dump_model()["tree_info"]]
    assert max(categories(structures[0])) > 64


def test_a_text_of_another_version_is_left_to_lightgbm() -> None:
    class Later(KeptTrees):
        """Trees in a text that is not known, which their LightGBM can read."""

        def model_to_string(self) -> str:
            return self.text.replace("version=v4", "version=v5")

    known = KeptTrees(booster().model_to_string())
    later = Later(known.text)
    assert is_known(known.text)
    assert not is_known(later.model_to_string())
    tables = TreeTables.of([later], FEATURES)
    assert not tables.complete
    X, _ = data()
    found, wanted = tables.margins(X), TreeTables.of([known], FEATURES).margins(X)
    assert found == pytest.approx(wanted, abs=1e-9)


def test_lightgbm_is_not_imported_to_read_it() -> None:
    program = "import sys, silentnps.outcome.tabulated.lookup; print(sys.modules.keys() & {'lightgbm', 'sklearn'})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
