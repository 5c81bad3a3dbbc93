"""The files of the impact of a campaign: effects.csv, balance.csv and impact.json."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from silentnps.campaigns.differences import Difference
from silentnps.campaigns.impact import Impact
from silentnps.campaigns.verdict import Effect
from silentnps.storage.spreadsheet_csv import write_csv
from silentnps.workflow.decisions.impact_wording import short

_LEVELS = ("treated_before", "treated_after", "untreated_before", "untreated_after")


def write_impact(folder: Path, impact: Impact, about: Mapping[str, Any], sentences: Sequence[str]) -> None:
    """Write the files into a folder; `about` says of which campaign, windows and notes."""
    effects = [effect_row(effect) for effect in impact.effects]
    write_csv(pd.DataFrame(effects), folder / "effects.csv")
    write_csv(impact.balance, folder / "balance.csv")
    content = {
        **about,
        "windows": [_text(moment) for moment in about["windows"]],
        "n_treated": impact.n_treated,
        "n_untreated": impact.n_untreated,
        "n_trimmed": impact.n_trimmed,
        "effective_untreated": impact.effective_untreated,
        "caution": impact.caution,
        "largest_imbalance_before": _largest(impact.balance["difference_before"]),
        "largest_imbalance_after": _largest(impact.balance["difference_after"]),
        "effects": [{name: _known(value) for name, value in row.items()} for row in effects],
        "not_compared": impact.left_out,
        "sentences": list(sentences),
    }
    (folder / "impact.json").write_text(json.dumps(content, indent=1), encoding="utf-8")


def effect_row(effect: Effect) -> dict[str, Any]:
    """Return an effect as one row of effects.csv."""
    difference, level = effect.difference, effect.confidence_level
    low, high = difference.interval(level)
    return {
        "outcome": effect.outcome.name,
        "known": effect.outcome.known,
        "unit": effect.outcome.unit,
        "effect": difference.value,
        "low": low,
        "high": high,
        "standard_error": difference.standard_error,
        "confidence_level": level,
        "p_value": difference.p_value,
        "p_value_holm": effect.p_holm,
        "smallest_visible": difference.smallest_visible(level),
        "n_treated": effect.n_treated,
        "n_untreated": effect.n_untreated,
        **dict(zip(_LEVELS, effect.levels, strict=True)),
        **_placebo(effect.placebo, level),
        "verdict": short(effect),
        "because": effect.because,
    }


def _placebo(placebo: Difference | None, level: float) -> dict[str, float]:
    low, high = (math.nan, math.nan) if placebo is None else placebo.interval(level)
    value = math.nan if placebo is None else placebo.value
    return {"placebo": value, "placebo_low": low, "placebo_high": high}


def _largest(differences: pd.Series) -> float | None:
    return None if differences.empty else float(differences.abs().max())


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def _text(moment: datetime) -> str:
    return f"{moment.isoformat()}Z"
