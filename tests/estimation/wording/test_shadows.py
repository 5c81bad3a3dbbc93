"""The sentences on the test of the shadows."""

from __future__ import annotations

import pandas as pd

from silentnps.estimation.wording.shadows import describe_shadow_test

TABLE = pd.DataFrame(
    [
        ("late", 3.0, -14.96, 20.97, 0.3, "cannot tell"),
        ("refunds", 0.01, -0.19, 0.21, 0.9, "agrees"),
        ("cases", -9.0, -14.0, -4.0, 0.001, "contradicts"),
    ],
    columns=["shadow", "change", "change_low", "change_high", "p_holm", "verdict"],
)


def test_each_verdict_has_its_sentence():
    described = describe_shadow_test(TABLE, matters=2.5)
    assert described.columns.tolist() == ["shadow", "change", "p_holm", "words"]
    assert described["words"].tolist() == [
        "+3.0 points if late counts as a response driver (-15.0 to +21.0): these data cannot tell whether it "
        "drives answering",
        "+0.0 points if refunds counts as a response driver (-0.2 to +0.2): within 2.5 points, it agrees with the "
        "others",
        "-9.0 points if cases counts as a response driver: the shadows disagree. Check which of them drives "
        "answering.",
    ]


def test_without_families_there_is_no_sentence():
    assert describe_shadow_test(TABLE.head(0)).columns.tolist() == ["shadow", "change", "p_holm", "words"]
