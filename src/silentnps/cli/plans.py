"""The steps of each command, with the seconds that they typically take: the demonstration on two cores."""

from __future__ import annotations

_SIMULATE = {"simulating customers": 4.0}

_FEATURES = {
    "checking the tables": 5.0,
    "writing the tables for Spark": 0.0,
    "features on Spark": 0.0,
    "rows of": 0.0,
    "features of": 8.0,
}

_TRAIN = {
    **_FEATURES,
    "learning features": 2.0,
    "leak audit": 20.0,
    "searching for sizes of trees": 0.0,
    "cross-fitting": 100.0,
    "bootstrap": 120.0,
    "fitting the model": 2.0,
    "refitting the reasons": 20.0,
    "explaining the scores": 2.0,
    "checking the reasons": 20.0,
    "writing the model": 1.0,
    "measuring the learning curve": 0.0,
    "evaluating the model": 5.0,
    "drawing pictures of the training": 10.0,
    "logging to MLflow": 10.0,
}

_ESTIMATE = {"reading the model": 1.0, "estimating": 10.0, "writing the estimate": 3.0}

_SCORE = {"comparing with the training": 1.0, "scoring": 8.0}

_REPORT = {"explaining the silent customers": 20.0, "writing the report": 3.0}

PLANS: dict[str, dict[str, float]] = {
    "simulate": _SIMULATE,
    "features": _FEATURES,
    "train": _TRAIN,
    "estimate": _ESTIMATE,
    "score": _SCORE,
    "explain": {"explaining the silent customers": 20.0, "explaining the customer": 0.0},
    "report": _REPORT,
    "plan": {"reading the silent customers": 2.0, "simulating calls": 20.0},
    "promote": {"reading the registry": 2.0, "comparing version": 5.0},
    "demo": {**_SIMULATE, **_TRAIN, **_ESTIMATE, **_SCORE, **_REPORT},
}
"""By command. Of steps of 0 seconds it is not known how long they take: few runs have them."""
