"""The assumptions of an estimate in words: the only table of their names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Assumption:
    """An assumption about who answers.

    Attributes
    ----------
    title
        As a heading or a label.
    name
        Inside a sentence; empty where the assumption is not compared with the headline.
    note
        What is taken for granted.
    if_contradicted
        What it means that the headline contradicts it; empty like `name`.
    """

    title: str
    name: str
    note: str
    if_contradicted: str


ASSUMPTIONS = {
    "survey": Assumption(
        title="The survey as it is",
        name="the survey mean",
        note="silent customers are like those who answered",
        if_contradicted="those who answered are not like the silent",
    ),
    "weighted": Assumption(
        title="Weighted survey",
        name="weighting",
        note="answering depends on all features only (weights)",
        if_contradicted="what the features explain of answering is not all there is",
    ),
    "mar": Assumption(
        title="Missing at random",
        name="missing at random",
        note="answering depends on all features only (doubly robust)",
        if_contradicted="satisfaction itself seems to drive who answers",
    ),
    "label_shift": Assumption(
        title="Label shift",
        name="label shift",
        note="answering depends on satisfaction only (EMQ)",
        if_contradicted="features drive who answers too",
    ),
    "selection": Assumption(
        title="Selection",
        name="the selection model",
        note="answering depends on the response drivers and on satisfaction",
        if_contradicted="the shadow features, or the form of the selection model, fail the test of the calls",
    ),
    "follow_up": Assumption(
        title="Calls to the silent",
        name="",
        note="those called are a random sample of the silent (calls without an answer: as selection)",
        if_contradicted="",
    ),
    "manski": Assumption(
        title="No assumption",
        name="",
        note="none: every silent customer a detractor, or every one a promoter",
        if_contradicted="",
    ),
}
"""The assumptions by their codes, in the order of the tables."""
