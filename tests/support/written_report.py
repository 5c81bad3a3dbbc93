"""A small report with every table in it, and a reader of its page."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd

from silentnps.estimation.checks import balance, response_rates
from silentnps.estimation.checks.early_late import early_late
from silentnps.estimation.checks.tipping import tipping_points
from silentnps.estimation.formulas.nps_estimate import NPSEstimate
from silentnps.estimation.wave.nps_report import NPSReport
from silentnps.estimation.wave.segment_table import COLUMNS, DIFFERENCE_COLUMNS
from silentnps.estimation.wording.early_late import describe_early_late
from silentnps.estimation.wording.tipping import describe_tipping_points
from silentnps.explanation.group_difference import UNEXPLAINED
from silentnps.explanation.reach import SCORE, START
from silentnps.report.content import ReportContent
from silentnps.report.page.write import render_report

VOID = {"meta", "link", "br", "line", "circle", "rect", "img", "hr", "input"}
ASSUMPTIONS = [
    ("survey", 26.5, 23.4, 29.5, "like those who answered"),
    ("mar", 21.4, 18.6, 24.3, "features only"),
    ("selection", 8.1, 1.2, 14.9, "drivers and satisfaction"),
    ("manski", np.nan, -100.0, 100.0, "none"),
]
SHADOW_COLUMNS = (
    *("shadow", "nps_silent", "low", "high", "change"),
    *("standard_error", "p_value", "p_holm", "words"),
)
METRICS = [("prior", True, 1.045, np.nan), ("stack", False, 0.8, 0.839)]
DRIVERS = [("delivery_days_late", "days late", 11.8, -1), ("tenure_days", "days as a customer", 3.4, 1)]
DIAGNOSTICS = {"n_invited": 17186.0, "response_rate": 0.149, "effective_sample_size": 1969.6}
DIAGNOSTICS |= {"trimmed_weight_share": 0.0, "largest_difference_before": 0.301, "largest_difference_after": 0.02}
DIAGNOSTICS |= {"gamma_detractor": 0.39, "gamma_detractor_low": 0.1, "gamma_detractor_high": 0.7}
DIAGNOSTICS |= {"gamma_promoter": -0.30, "gamma_promoter_low": -0.6, "gamma_promoter_high": 0.0}
DIAGNOSTICS |= {"gamma_confidence_level": 0.95, "gamma_prior_share": 0.1, "gamma_prior_distance": 1.2}
DIAGNOSTICS |= {"largest_weight": 7.3, "weight_95th_percentile": 2.5, "outside_overlap_share": 0.012}
DIAGNOSTICS |= {"calibration_gap_nps": -1.3, "band_low": -6.5, "band_high": 21.0}
DISAGREEMENT = "Missing at random (+21.4) lies outside the interval of the headline (+1.2 to +14.9), not -3.0."
CURVE = pd.DataFrame({"class_step": [-1.0, 0.0, 1.0], "nps_silent": [53.2, 21.5, -21.2]})
SHADOWS = [
    ("delivery", 4.0, -6.5, 14.5, -4.1, 2.5, 0.1, 0.2, "-4.1 points if delivery counts: no contradiction found"),
    ("returns", 16.0, 11.0, 21.0, 7.9, 2.0, 1e-4, 2e-4, "+7.9 points if returns counts: the others contradict it"),
]
RATES = [
    ("tenure_days", "0 to 90", 4000, 200, 0.05, 0.043, 0.057),
    ("tier", "gold", 900, 360, 0.4, 0.37, 0.43),
    ("tier", "lead", 60, 30, 0.5, 0.14, 0.62),
]
BALANCE = [
    ("tenure_days", "", "driver", 730.0, 512.5, 0.301, 0.02),
    ("delivery_days_late", "(missing)", "shadow", 0.21, 0.25, -0.12, -0.11),
    ("region", "north", "neither", 0.5, 0.5, 0.0, 0.0),
]
GROUPS = [
    ("family", "delivery", "delivery", 2, 9.1, 0.1),
    ("family", "rhythm", "rhythm", 1, 3.4, 0.0),
    ("actionable", "actionable", "actionable", 2, 9.1, 0.1),
    ("actionable", "context", "context", 1, 3.4, 0.0),
    ("correlated", "cluster 7", "days late and 1 correlated with it", 2, 9.1, 0.1),
    ("correlated", "cluster 8", "days as a customer", 1, 3.4, 0.0),
]
IMPROVEMENTS = [
    ("", "(all silent)", "on_time", "every delivery on time", 4.25, 0.4, 300),
    ("", "(all silent)", "closed", "every case closed", 6.5, 0.05, 300),
    ("", "(all silent)", "fewer", "fewer messages", 0.04, 0.0, 300),
    ("region", "north", "on_time", "every delivery on time", 5.0, 0.5, 200),
    ("region", "north", "closed", "every case closed", 1.0, 0.1, 200),
    ("region", "south", "on_time", "every delivery on time", 0.01, 0.0, 100),
]
TREND = [
    ("2023-Q4", 1200, 30.0, 26.0, 34.0, np.nan, np.nan, np.nan, np.nan, np.nan, np.nan),
    ("2024-Q1", 2567, 26.5, 23.4, 29.5, 8.1, 1.2, 14.9, 10.8, 5.0, 16.6),
]
REACH = [
    ("delivery", 0.3, -20.0, -6.0, 4.0, "Apologise", "logistics", "medium"),
    ("tenure", 0.5, -4.0, -2.0, 2.5, "", "", ""),
    ("outreach", 0.1, -5.0, -0.5, 0.5, "Ask how often", "marketing", "low"),
    ("baskets", 0.01, -1.0, -0.01, 0.0, "Ask what went wrong", "store team", "medium"),
]
CLASSES = [
    *(("survey", "detractor", 0.2, 0.2, 0.2), ("survey", "passive", 0.335, 0.335, 0.335)),
    *(("survey", "promoter", 0.465, 0.465, 0.465), ("silent", "detractor", 0.3, 0.25, 0.35)),
    *(("silent", "passive", 0.319, 0.27, 0.37), ("silent", "promoter", 0.381, 0.33, 0.43)),
]
CARD = "# Model card: acme\n\n## Data\n\n- answers: `2,567`\n\n| metric | value |\n| --- | --- |\n| rps | 0.17 |\n"
HINT = "Answers after a reminder gave an NPS 8.0 points lower than those without."


def differences(n: int) -> pd.DataFrame:
    """Return differences between segments; the later, the more standard errors."""
    rows = [("region", f"s{i}", "rest", 20.0 - i, 10.0 - i, 30.0 - i, 200.0 / (i + 1), 0.95) for i in range(n)]
    return pd.DataFrame(rows, columns=list(DIFFERENCE_COLUMNS))


def early_and_late() -> pd.DataFrame:
    """Return a table of early and late answers."""
    classes, reminders = np.repeat([2, 0, 2, 0], [40, 20, 30, 30]), np.repeat([0.0, 1.0], 60)
    return describe_early_late(early_late(classes, reminders)).assign(words=["", "", HINT])


def told_drivers() -> pd.DataFrame:
    """Return drivers with all that can be known of them; the second has a sign that is not stable."""
    known = {"family": ["delivery", "rhythm"], "actionable": [True, False], "cluster": [7, 8]}
    table = pd.DataFrame(DRIVERS, columns=["feature", "words", "mean_absolute_points", "direction"])
    return table.assign(**known, sign_agreement=[1.0, 0.75], stable=[True, False])


def shared_out(n_drivers: int = 9, unexplained: float = 1.25) -> pd.DataFrame:
    """Return a difference shared out over drivers of sizes 3.33, -3.33 / 2, 3.33 / 3, ... and the rest."""
    sizes = np.array([(-1) ** i * 3.33 / (i + 1) for i in range(n_drivers)])
    names = [f"driver_{i}" for i in range(n_drivers)]
    words = [f"driver {i}" for i in range(n_drivers)]
    table = pd.DataFrame({"driver": names, "words": words, "points": sizes, "low": sizes - 1, "high": sizes + 1})
    rest = {"driver": UNEXPLAINED, "words": UNEXPLAINED, "points": unexplained, "low": np.nan, "high": np.nan}
    return pd.concat([table, pd.DataFrame([rest])], ignore_index=True)


def segments_shared_out(*names: str) -> pd.DataFrame:
    """Return drivers of segments of one segmentation, region."""
    parts = [shared_out().assign(segmentation="region", segment=name) for name in names]
    return pd.concat(parts, ignore_index=True)


def waves(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    """Return a trend."""
    numbers = [f"{of}{end}" for of in ("survey", "silent", "base") for end in ("", "_low", "_high")]
    return pd.DataFrame(rows, columns=["wave", "n_answers", *numbers])


def told(**changes: object) -> dict[str, object]:
    """Return all that a content can say of drivers, waves and the model, with changes."""
    groups = ["grouping", "group", "words", "n_features", "mean_absolute_points", "mean_points"]
    what_if = ["segmentation", "segment", "scenario", "words", "points", "share_better", "n"]
    whole: dict[str, object] = {
        "drivers": told_drivers(),
        "driver_groups": pd.DataFrame(GROUPS, columns=groups),
        "segment_drivers": segments_shared_out("north", "south"),
        "change": shared_out(unexplained=1e-9),
        "improvements": pd.DataFrame(IMPROVEMENTS, columns=what_if),
        "trend": waves(TREND),
        "reach": told_reach(),
        "class_shares": told_classes(),
        "lists": told_lists(),
        "agreement": (0.9984, 5.21, 300),
        "model_card": CARD,
    }
    return whole | changes


def told_reach() -> pd.DataFrame:
    """Return drivers by reach and points, with what can be done; they start from 9.6 and add up to 8.1."""
    names = ["driver", "reach", "points", "total", "others", "action", "owner", "effort"]
    table = pd.DataFrame(REACH, columns=names)
    table["together"] = table["total"] + table["others"]
    for name, half in (("reach", 0.01), ("points", 2.0), ("total", 0.4)):
        table[f"{name}_low"], table[f"{name}_high"] = table[name] - half, table[name] + half
    ends = pd.DataFrame({"driver": [START, SCORE], "together": [9.61, 8.1]})
    whole = pd.concat([table, ends], ignore_index=True).assign(n=14619, confidence_level=0.95)
    return whole.fillna({"action": "", "owner": "", "effort": ""})


def told_classes() -> pd.DataFrame:
    """Return the shares of the classes of those who answered and of silent customers."""
    table = pd.DataFrame(CLASSES, columns=["of", "nps_class", "share", "low", "high"])
    return table.assign(n=np.where(table["of"] == "survey", 2567, 14619), confidence_level=0.95)


def told_lists() -> pd.DataFrame:
    """Return a list that was made."""
    row = ("recover", "2024-05-02", 200, 23, 5, 452_103.4)
    return pd.DataFrame([row], columns=["goal", "listed_on", "n_listed", "n_held_out", "n_done", "value"])


class Page(HTMLParser):
    """Collects what the tests ask about; complains of tags that do not match."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] not in (["style"], ["script"]):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.elements if name == tag]


def segment(name: str, n: int, *, suppressed: bool = False) -> dict[str, object]:
    """Return a row of the table of segments."""
    row: dict[str, object] = dict.fromkeys(COLUMNS)
    row |= {"segmentation": "region", "segment": name, "n": n, "n_respondents": n // 10, "suppressed": suppressed}
    if not suppressed:
        row |= {"survey_nps": 40.0, "value": 5.5, "low": -3.25, "high": 14.0, "base_value": 9.1}
    return row


def estimate(**changes: object) -> NPSReport:
    """Return an estimate that has every table, with changes."""
    report = NPSReport(
        silent=NPSEstimate(8.1, 1.2, 14.9, 3.4, 14619, 0.95),
        base=NPSEstimate(10.8, 5.0, 16.6, 2.9, 17186, 0.95),
        respondents=NPSEstimate(26.5, 26.5, 26.5, 0.0, 2567, 0.95),
        headline="selection",
        shares=np.array([0.3, 0.32, 0.38]),
        by_assumption=pd.DataFrame(ASSUMPTIONS, columns=["assumption", "value", "low", "high", "note"]),
        segments=pd.DataFrame([segment("north", 900), segment("tiny", 12, suppressed=True)]),
        disagreement=DISAGREEMENT,
        segment_differences=differences(1),
        diagnostics=DIAGNOSTICS,
        shadow_test=pd.DataFrame(SHADOWS, columns=list(SHADOW_COLUMNS)),
        balance=pd.DataFrame(BALANCE, columns=list(balance.COLUMNS)),
        response_rates=pd.DataFrame(RATES, columns=list(response_rates.COLUMNS)),
        sensitivity=CURVE,
        tipping_points=describe_tipping_points(tipping_points(CURVE, survey=26.5, target=30.0), CURVE),
        early_late=early_and_late(),
        warnings=("Everybody counts as invited.",),
    )
    return replace(report, **changes)


def content(report: NPSReport | None = None, **changes: object) -> ReportContent:
    """Return what a page is made of, with changes."""
    rng = np.random.default_rng(0)
    whole = ReportContent(
        project="acme",
        wave="2024-Q1",
        estimate=report or estimate(),
        version="0.1.0",
        generated_at="2024-05-01 08:00 UTC",
        metrics=pd.DataFrame(METRICS, columns=["candidate", "baseline", "log_loss", "auc_detractor"]),
        probabilities=rng.dirichlet([1, 1, 2], 300),
        classes=rng.integers(0, 3, 300),
        drivers=pd.DataFrame(DRIVERS, columns=["feature", "words", "mean_absolute_points", "direction"]),
        response_drivers=("tenure_days",),
        shadow_features=("delivery_days_late",),
        feature_words={"tenure_days": "days as a customer"},
        findings=pd.DataFrame({"table": ["orders"], "rule": ["amount must not be negative"], "bad_rows": [12]}),
        model={"candidate": "stack", "n_answers": 2567},
    )
    return replace(whole, **changes)


def page(**changes: object) -> Page:
    """Return the parsed page of a content with changes."""
    return Page(render_report(content(**changes)))
