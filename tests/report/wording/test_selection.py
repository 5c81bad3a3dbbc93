"""The sentences on satisfaction and silence."""

from __future__ import annotations

import math

import pytest

from silentnps.report.wording.selection import describe_gamma

VALUES = {
    "gamma_detractor": math.log(1.5),
    "gamma_detractor_low": math.log(1.2),
    "gamma_detractor_high": math.log(1.9),
    "gamma_promoter": math.log(0.8),
    "gamma_promoter_low": math.log(0.6),
    "gamma_promoter_high": math.log(1.1),
    "gamma_confidence_level": 0.95,
    "gamma_prior_share": 0.25,
    "gamma_prior_distance": 1.24,
}


def test_the_describe_gamma():
    assert describe_gamma(VALUES) == (
        "Among customers otherwise alike, the odds of silence of a detractor are 1.50 times (1.20 to 1.90) those "
        "of a passive, of a promoter 0.80 times (0.60 to 1.10) (95 % intervals). The data took away 75 % of the "
        "prior's uncertainty (its variance). The estimate lies 1.2 prior standard deviations from where it would "
        "be without data: no difference between classes."
    )


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (1.1, "The data took away nothing of the prior's uncertainty: the prior decides."),
        (0.8, "took away 20 % of the prior's uncertainty (its variance), which is little"),
        (0.5, "took away 50 % of the prior's uncertainty (its variance): data and prior both count."),
    ],
)
def test_the_words_say_how_much_the_data_said(left: float, words: str):
    assert words in describe_gamma(VALUES | {"gamma_prior_share": left})


def test_where_gamma_is_fixed_the_words_say_that_nothing_was_estimated():
    fixed = {"gamma_detractor": 0.0, "gamma_promoter": 0.0}
    assert describe_gamma(fixed) == "Whether satisfaction drives silence was not estimated: it is taken not to."
