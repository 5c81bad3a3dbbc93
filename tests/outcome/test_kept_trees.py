"""Trees that are kept as text predict and are written as the booster that they were."""

from __future__ import annotations

import pickle

import numpy as np
from boosters import FEATURES, booster, data

from silentnps.outcome.kept_trees import KeptTrees
from silentnps.outcome.tabulated.lookup import TreeTables
from silentnps.outcome.tree_heads import head_margins, without_data


def test_kept_trees_are_the_booster() -> None:
    X, _ = data()
    for head in (booster(), booster(num_leaves=31), booster(min_gain_to_split=1e9)):
        kept = KeptTrees(head.model_to_string())
        assert kept.model_to_string() == head.model_to_string()
        assert kept.num_trees() == head.num_trees()
        np.testing.assert_array_equal(head_margins([kept], X), head_margins([head], X))
        np.testing.assert_array_equal(kept.predict(X, pred_contrib=True), head.predict(X, pred_contrib=True))
        of_kept, of_head = (TreeTables.of([each], FEATURES).contributions(X) for each in (kept, head))
        np.testing.assert_array_equal(of_kept, of_head)
        assert without_data(kept) is kept


def test_kept_trees_can_be_sent_to_another_process_after_a_prediction() -> None:
    X, _ = data()
    kept = KeptTrees(booster().model_to_string())
    wanted = kept.predict(X)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(kept)).predict(X), wanted)
