"""From customers to accounts: expected shares of the classes, ranges, and whether one of them is a detractor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.numerics.nps import CLASS_VALUES

COLUMNS = (
    *("customers", "answers", "silent", "promoter_share", "promoter_low", "promoter_high"),
    *("detractor_share", "detractor_low", "detractor_high", "p_any_detractor", "nps", "nps_low", "nps_high"),
    *("spend", "answered_spend_share", "at_risk", "at_risk_low", "at_risk_high", "confidence_level"),
)

_DRAWS = 400
_MOST_STEP, _ROUNDS = 8.0, 40
_NO_SPREAD = 1e-9


@dataclass(frozen=True)
class Members:
    """The customers of accounts, one row each.

    `codes` are the positions of their accounts; `law` their class probabilities as silent customers, shape (n, 3);
    `classes` what was answered, -1 for silent ones; `weights` how much each counts in shares and NPS; `spend` is
    NaN where it is not known, and None where nobody's is.
    """

    codes: Integers
    law: Floats
    classes: Integers
    weights: Floats
    spend: Floats | None = None

    @property
    def silent(self) -> Booleans:
        """Return who is silent."""
        return np.asarray(self.classes < 0)


def roll_up(
    members: Members,
    levels: Floats,
    errors: Floats,
    *,
    min_n: int,
    confidence_level: float,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Put the customers of each account together, one row per account, in the order of the codes.

    Parameters
    ----------
    levels, errors
        Expected NPS of the silent customers of each account and its standard error, shape (accounts,), in points.
    min_n
        Accounts of fewer customers have no NPS: its range would be the whole scale.

    Returns
    -------
    Numbers of customers and answers; silent (nobody answered); shares of promoters and detractors among the
    customers, counted by weight, and NPS, each as expected and with the range in which the true one lies at the
    confidence level; p_any_detractor; spend, the share of it that answered, and at_risk, the spend of detractors.

    Notes
    -----
    The probabilities of an account's silent customers are tilted along the classes so that they average to its
    level. Ranges are quantiles of 400 simulations: the level is drawn with its error, the same for all customers of
    the account, and then the class of each. So customers of an account go together as far as the level is unknown;
    p_any_detractor counts that too. The step of a drawn level is its first-order approximation.
    """
    n_accounts = len(levels)
    silent = np.flatnonzero(members.silent)
    law, codes = members.law[silent], members.codes[silent]
    step = steps_to(law, codes, levels)
    expected = np.zeros((len(members.codes), 3))
    expected[~members.silent] = np.eye(3)[members.classes[~members.silent]]
    settled = tilted(law, step[codes])
    expected[silent] = settled
    drawn, none = _simulated(members, expected, step, errors / _slopes(settled, codes, n_accounts), rng)
    tail = (1.0 - confidence_level) / 2.0
    low, high = np.quantile(drawn, [tail, 1.0 - tail], axis=0)
    return _table(members, _totals(members, expected, n_accounts), low, high, 1.0 - none, min_n, confidence_level)


def tilted(law: Floats, step: Floats) -> Floats:
    """Return class probabilities, shape (n, 3), tilted by `step` (log odds per class upward), shape (n,)."""
    moved = law * np.exp(step[:, None] * (CLASS_VALUES / 100.0))
    return np.asarray(moved / moved.sum(axis=1, keepdims=True))


def steps_to(law: Floats, codes: Integers, levels: Floats) -> Floats:
    """Return the step of each account by which its probabilities average to its level; at most 8 either way.

    Examples
    --------
    >>> law = np.array([[0.5, 0.0, 0.5], [0.2, 0.6, 0.2]])
    >>> steps = steps_to(law, np.array([0, 0]), np.array([25.0]))
    >>> round(float(tilted(law, steps[[0, 0]]).mean(axis=0) @ [-100, 0, 100]), 6)
    25.0
    """
    n_accounts = len(levels)
    size = np.maximum(np.bincount(codes, minlength=n_accounts), 1)
    step = np.zeros(n_accounts)
    for _ in range(_ROUNDS):
        moved = tilted(law, step[codes])
        mean = np.bincount(codes, moved @ CLASS_VALUES, n_accounts) / size
        newton = (levels - mean) / _slopes(moved, codes, n_accounts)
        step = np.clip(step + np.clip(newton, -1.0, 1.0), -_MOST_STEP, _MOST_STEP)
    return step


def _slopes(law: Floats, codes: Integers, n_accounts: int) -> Floats:
    """Return by how many points a step of 1 moves the mean of each account; endless where nobody is silent."""
    spread = law @ CLASS_VALUES**2 - (law @ CLASS_VALUES) ** 2
    size = np.bincount(codes, minlength=n_accounts)
    mean = np.bincount(codes, spread, n_accounts) / np.maximum(size, 1) / 100.0
    return np.where(size > 0, np.maximum(mean, _NO_SPREAD), np.inf)


def _simulated(
    members: Members, expected: Floats, step: Floats, errors: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return draws of the totals, shape (draws, accounts, 4), and the mean probability of no detractor."""
    n_accounts, silent = len(step), np.flatnonzero(members.silent)
    law, codes = members.law[silent], members.codes[silent]
    answered = np.bincount(members.codes[members.classes == 0], minlength=n_accounts) > 0
    classes, none = expected.copy(), np.zeros(n_accounts)
    totals: list[Floats] = []
    for _ in range(_DRAWS):
        moved = np.clip(step + errors * rng.normal(size=n_accounts), -_MOST_STEP, _MOST_STEP)
        now = tilted(law, moved[codes])
        with np.errstate(divide="ignore"):
            none += np.exp(np.bincount(codes, np.log1p(-now[:, 0]), n_accounts))
        ladder = now.cumsum(axis=1)[:, :2]
        classes[silent] = np.eye(3)[(rng.random(len(silent))[:, None] > ladder).sum(axis=1)]
        totals.append(_totals(members, classes, n_accounts))
    return np.array(totals), np.where(answered, 0.0, none / _DRAWS)


def _totals(members: Members, classes: Floats, n_accounts: int) -> Floats:
    """Return shares of promoters and detractors, NPS, and the spend of detractors, shape (accounts, 4)."""
    codes, weights = members.codes, members.weights
    total = np.bincount(codes, weights, n_accounts)
    safe = np.where(total > 0, total, np.nan)
    detractors, promoters = (np.bincount(codes, weights * classes[:, k], n_accounts) / safe for k in (0, 2))
    spend = np.zeros(len(codes)) if members.spend is None else np.nan_to_num(members.spend)
    at_risk = np.bincount(codes, spend * classes[:, 0], n_accounts)
    return np.column_stack([promoters, detractors, 100.0 * (promoters - detractors), at_risk])


def _table(
    members: Members,
    value: Floats,
    low: Floats,
    high: Floats,
    p_any: Floats,
    min_n: int,
    confidence_level: float,
) -> pd.DataFrame:
    n_accounts = len(value)
    customers = np.bincount(members.codes, minlength=n_accounts)
    answers = np.bincount(members.codes[~members.silent], minlength=n_accounts)
    table: dict[str, object] = {"customers": customers, "answers": answers, "silent": answers == 0}
    names = (
        ("promoter_share", "promoter"),
        ("detractor_share", "detractor"),
        ("nps", "nps"),
        ("at_risk", "at_risk"),
    )
    for k, (name, stem) in enumerate(names):
        table |= {name: value[:, k], f"{stem}_low": low[:, k], f"{stem}_high": high[:, k]}
    found = pd.DataFrame(table).assign(p_any_detractor=p_any, confidence_level=confidence_level)
    found.loc[found["customers"] < min_n, ["nps", "nps_low", "nps_high"]] = np.nan
    found["spend"], found["answered_spend_share"] = _spend(members, n_accounts)
    if members.spend is None:
        found[["at_risk", "at_risk_low", "at_risk_high"]] = np.nan
    return found[list(COLUMNS)]


def _spend(members: Members, n_accounts: int) -> tuple[Floats, Floats]:
    if members.spend is None:
        return np.full(n_accounts, np.nan), np.full(n_accounts, np.nan)
    spend = np.nan_to_num(members.spend)
    total: Floats = np.bincount(members.codes, spend, n_accounts).astype(np.float64)
    answered = np.bincount(members.codes, spend * ~members.silent, n_accounts)
    return total, answered / np.where(total > 0, total, np.nan)
