"""The columns of the sheets: where they come from, their headings, and how their cells are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Kind = Literal["text", "count", "points", "size", "share", "number", "factor"]
"""How the cells of a column are shown; `points` have a sign, a `size` has none."""

Columns = Sequence[tuple[str, str, Kind]]
"""Columns of a sheet: where they come from, their headings, their kinds."""

ASSUMPTIONS: Columns = [
    ("name", "Assumption", "text"),
    ("value", "NPS of silent customers", "points"),
    ("low", "From", "points"),
    ("high", "To", "points"),
    ("confidence_level", "Confidence level", "share"),
    ("verdict", "Compared with the headline", "text"),
    ("note", "What it assumes", "text"),
    ("down", "To lower end", "size"),
    ("up", "To upper end", "size"),
]
SEGMENTS: Columns = [
    ("segmentation", "Segmentation", "text"),
    ("segment", "Segment", "text"),
    ("value", "NPS of silent customers", "points"),
    ("low", "From", "points"),
    ("high", "To", "points"),
    ("base_value", "NPS of the base", "points"),
    ("base_low", "Base from", "points"),
    ("base_high", "Base to", "points"),
    ("survey_nps", "NPS of the survey", "points"),
    ("n_respondents", "Answered", "count"),
    ("n", "Customers", "count"),
    ("confidence_level", "Confidence level", "share"),
    ("suppressed", "Suppressed", "text"),
    ("down", "To lower end", "size"),
    ("up", "To upper end", "size"),
]
DIFFERENCES: Columns = [
    ("segmentation", "Segmentation", "text"),
    ("segment", "Segment", "text"),
    ("other", "Minus", "text"),
    ("difference", "Difference in NPS", "points"),
    ("low", "From", "points"),
    ("high", "To", "points"),
    ("standard_error", "Standard error", "size"),
    ("confidence_level", "Confidence level", "share"),
]
DRIVERS: Columns = [
    ("words", "Feature", "text"),
    ("mean_absolute_points", "Points, on average", "size"),
    ("mean_points", "Points, net", "points"),
    ("goes_with", "Higher values go with", "text"),
    ("kind", "Kind", "text"),
    ("actionable", "Can be acted on", "text"),
    ("sign_agreement", "Refits that agree", "share"),
    ("stable", "Sign is stable", "text"),
    ("feature", "Column", "text"),
]
REACH: Columns = [
    ("name", "Driver", "text"),
    ("reach", "Share of silent customers it concerns", "share"),
    ("reach_low", "Share from", "share"),
    ("reach_high", "Share to", "share"),
    ("points", "Their points", "points"),
    ("points_low", "Points from", "points"),
    ("points_high", "Points to", "points"),
    ("total", "Points of the NPS", "points"),
    ("total_low", "NPS from", "points"),
    ("total_high", "NPS to", "points"),
    ("others", "Points elsewhere", "points"),
    ("together", "Points together", "points"),
    ("owner", "Owner", "text"),
    ("effort", "Effort", "text"),
    ("action", "What to do", "text"),
    ("n", "Silent customers", "count"),
    ("confidence_level", "Confidence level", "share"),
]
CLASSES: Columns = [
    ("of", "Of", "text"),
    ("nps_class", "Class", "text"),
    ("share", "Share", "share"),
    ("low", "From", "share"),
    ("high", "To", "share"),
    ("n", "Customers", "count"),
    ("confidence_level", "Confidence level", "share"),
]
GROUPS: Columns = [
    ("grouping", "Grouping", "text"),
    ("name", "Group", "text"),
    ("n_features", "Features", "count"),
    ("mean_absolute_points", "Points together, on average", "size"),
    ("mean_points", "Points, net", "points"),
]
SHARED: Columns = [
    ("words", "Associated with", "text"),
    ("points", "Points", "points"),
    ("low", "From", "points"),
    ("high", "To", "points"),
    ("confidence_level", "Confidence level", "share"),
]
WHAT_IF: Columns = [
    ("segmentation", "Segmentation", "text"),
    ("segment", "Segment", "text"),
    ("words", "If", "text"),
    ("points", "Points by the model", "points"),
    ("share_better", "Share who gain a point", "share"),
    ("n", "Customers", "count"),
]
TREND: Columns = [
    ("wave", "Wave", "text"),
    ("n_answers", "Answers", "count"),
    ("survey", "Survey", "points"),
    ("survey_low", "Survey from", "points"),
    ("survey_high", "Survey to", "points"),
    ("silent", "Silent customers", "points"),
    ("silent_low", "Silent from", "points"),
    ("silent_high", "Silent to", "points"),
    ("base", "Whole base", "points"),
    ("base_low", "Base from", "points"),
    ("base_high", "Base to", "points"),
    ("confidence_level", "Confidence level", "share"),
    ("survey_down", "Survey to lower end", "size"),
    ("survey_up", "Survey to upper end", "size"),
    ("silent_down", "Silent to lower end", "size"),
    ("silent_up", "Silent to upper end", "size"),
    ("base_down", "Base to lower end", "size"),
    ("base_up", "Base to upper end", "size"),
]
TIPPING: Columns = [
    ("name", "Tipping point", "text"),
    ("level", "NPS of silent customers there", "points"),
    ("class_step", "Class step (log odds)", "number"),
    ("odds", "Odds of answering, per class upward", "factor"),
    ("words", "In words", "text"),
]
CURVE: Columns = [
    ("odds", "Odds of answering, per class upward", "factor"),
    ("nps_silent", "NPS of silent customers", "points"),
    ("class_step", "Class step (log odds)", "number"),
]
SHADOWS: Columns = [
    ("shadow", "Family treated as response drivers", "text"),
    ("nps_silent", "NPS of silent customers", "points"),
    ("low", "From", "points"),
    ("high", "To", "points"),
    ("confidence_level", "Confidence level", "share"),
    ("change", "Change", "points"),
    ("p_value", "p-value", "number"),
    ("p_holm", "p-value (Holm)", "number"),
    ("words", "In words", "text"),
]
RATES: Columns = [
    ("name", "Response driver", "text"),
    ("level", "Customers", "text"),
    ("response_rate", "Response rate", "share"),
    ("low", "From", "share"),
    ("high", "To", "share"),
    ("confidence_level", "Confidence level", "share"),
    ("n_answers", "Answered", "count"),
    ("n_invited", "Asked", "count"),
]
BALANCE: Columns = [
    ("name", "Feature", "text"),
    ("level", "Level", "text"),
    ("role", "Role", "text"),
    ("mean_respondents", "Answered (mean or share)", "number"),
    ("mean_silent", "Silent (mean or share)", "number"),
    ("difference_before", "Difference before weighting", "number"),
    ("difference_after", "Difference after weighting", "number"),
]
EARLY_LATE: Columns = [
    ("group", "Answers after", "text"),
    ("value", "NPS", "points"),
    ("low", "From", "points"),
    ("high", "To", "points"),
    ("confidence_level", "Confidence level", "share"),
    ("n", "Answers", "count"),
    ("words", "In words", "text"),
]
SHARED_BY_SEGMENT: Columns = [("segmentation", "Segmentation", "text"), ("segment", "Segment", "text"), *SHARED]
WORDS: Columns = [("title", "Diagnostic", "text"), ("words", "In words", "text")]
