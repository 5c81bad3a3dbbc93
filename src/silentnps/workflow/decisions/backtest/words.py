"""What a backtest says, in sentences."""

from __future__ import annotations

from typing import Any

import pandas as pd

from silentnps.counts import counted

ABOUT_BEHAVIOUR = (
    "Of silent customers nobody knows the class: each counts for every class by its probability then, which is "
    "taken as it is and brings ratios nearer to 1. Beyond recency: against customers whose last order was as long "
    "ago. These are associations, not causes."
)
"""What shares by predicted class are, and are not."""

ABOUT_SHIFTS = (
    "Those who answered twice are not like the others. Of customers silent in both waves the mean probabilities by "
    "the model of the first wave are told; their interval takes that model as it is."
)
"""What the two tables on classes in two waves are."""


def sentences(waves: pd.DataFrame) -> list[str]:
    """Return what the table of waves says: of the newest one, of all, and of the truth where it is known."""
    rows = waves.to_dict("records")
    found = [_newest(rows[-1])]
    if len(rows) > 1:
        n = sum(_beyond_chance(row) for row in rows)
        found.append(
            f"In {n} of {counted(len(rows), 'wave')} prediction and survey differ by more than chance in the "
            "answers explains."
        )
    known = [row for row in rows if row.get("base_held") is not None]
    if known:
        held = sum(bool(row["base_held"]) for row in known)
        found.append(
            f"The interval of the base holds the simulated truth in {held} of {counted(len(known), 'wave')}."
        )
    return found


def _newest(row: dict[Any, Any]) -> str:
    level = f"{100 * row['confidence_level']:g} %"
    verdict = "more than chance in the answers explains" if _beyond_chance(row) else "no more than chance may bring"
    return (
        f"The model of {row['learned_up_to']} predicted an NPS of {row['predicted']:+.1f} of those who then "
        f"answered {row['wave']}, and they gave {row['survey']:+.1f}: a difference of {row['difference']:+.1f} "
        f"points ({row['difference_low']:+.1f} to {row['difference_high']:+.1f}, {level} interval), {verdict}."
    )


def _beyond_chance(row: dict[Any, Any]) -> bool:
    return bool(row["difference_low"] > 0.0 or row["difference_high"] < 0.0)
