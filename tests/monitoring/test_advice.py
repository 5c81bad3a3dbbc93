"""Every check has advice, and the headline does not promise what was not judged."""

from __future__ import annotations

from dataclasses import replace

from silentnps.monitoring.advice import advice, headline
from silentnps.monitoring.checks import ALPHA_SHARES, Check


def test_every_check_has_advice_the_worst_first() -> None:
    names = ("columns", *ALPHA_SHARES, "age of labels")
    checks = [Check(name, "attention", "") for name in names]
    assert len(advice(checks)) == len(names)
    checks[-1] = replace(checks[-1], level="act")
    assert advice(checks)[0] == advice(checks[-1:])[0]
    assert not advice([Check("features", "fine", ""), Check("estimate", "not judged", "")])


def test_a_model_that_could_not_be_judged_is_not_called_good() -> None:
    age = Check("age of labels", "fine", "")
    assert "nothing new" in headline("fine", [age, Check("features", "not judged", "")])
    assert "still good" in headline("fine", [age, Check("features", "fine", "")])
    assert headline("act", [age]) != headline("attention", [age])
