"""The steps of each command, with the seconds that they take in the demonstration, on two cores."""

from __future__ import annotations

_SIMULATE = {"simulating customers": 2.5}

_FEATURES = {
    "checking the tables": 4.5,
    "writing the tables for Spark": 0.0,
    "features on Spark": 0.0,
    "rows of": 0.0,
    "features of": 2.5,
}

_TRAIN = {
    **_FEATURES,
    "reading answers and samples": 0.0,
    "learning features": 0.5,
    "leak audit": 2.5,
    "searching for sizes of trees": 0.0,
    "cross-fitting": 12.0,
    "bootstrap": 40.0,
    "fitting the model": 20.0,
    "scoring silent customers": 0.0,
    "measuring the learning curve": 0.0,
    "explaining the scores": 2.0,
    "refitting the reasons": 35.0,
    "checking the reasons": 8.0,
    "writing the model": 1.5,
    "evaluating the model": 2.0,
    "logging to MLflow": 7.0,
}

_ESTIMATE = {
    "reading the model": 1.0,
    "scoring silent customers": 0.0,
    "estimating": 4.0,
    "writing the estimate": 1.0,
}

_TREND = {
    "reading the model": 1.0,
    "estimating every wave": 15.0,
    "comparing the periods": 5.0,
    "writing the trend": 0.5,
}

_COMPARE = {
    "reading the model": 1.0,
    "checking the tables": 0.0,
    "reading the events": 0.0,
    "comparing the segments": 4.0,
    "explaining the differences": 4.0,
    "describing the classes": 0.0,
    "writing the comparison": 0.1,
}

_FIRST_ESTIMATE = dict.fromkeys(_ESTIMATE, 0.0)
"""Of commands that estimate only where nobody has."""

_BACKTEST = {
    **_FIRST_ESTIMATE,
    "reading the model": 2.0,
    "training on waves up to": 20.0,
    "comparing with what was answered": 2.0,
    "following the customers": 2.0,
    "writing the backtest": 0.1,
}

_SCORE = {"comparing with the training": 0.5, "scoring": 3.0, "listing who is at risk": 0.3}

_REPORT = {"explaining the silent customers": 4.0, "writing the report": 1.0, "writing slides, workbook, PDF": 0.0}

PLANS: dict[str, dict[str, float]] = {
    "simulate": _SIMULATE,
    "validate": {"checking the tables": 4.5, "writing the page": 0.5},
    "link": {"reading the tables": 3.0, "matching rows with customers": 1.0},
    "init": {"reading samples of the files": 5.0, "looking at the answers": 1.0, "reading the tables": 0.0},
    "features": _FEATURES,
    "train": _TRAIN,
    "estimate": _ESTIMATE,
    "trend": _TREND,
    "compare": _COMPARE,
    "accounts": {
        "reading the model": 1.0,
        "reading who belongs to which account": 1.0,
        "putting accounts together": 5.0,
    },
    "score": _SCORE,
    "explain": {"explaining the silent customers": 4.0, "explaining the customer": 0.0},
    "report": {**_FIRST_ESTIMATE, **_REPORT},
    "plan": {**_FIRST_ESTIMATE, "reading the silent customers": 2.0, "simulating calls": 20.0},
    "impact": {
        **_FEATURES,
        "counting before and after": 0.5,
        "scoring before and after": 3.0,
        "comparing the groups": 6.0,
        "measuring": 1.0,
    },
    "actions": {
        "reading the scores": 0.5,
        "reading spend and channels": 0.5,
        "writing the list": 0.5,
        "reading the log": 0.0,
        "writing the scores for the system": 0.0,
        "reading what happened since": 0.0,
        "comparing with the held out": 0.0,
    },
    "forget": {
        "asking which models saw the customer": 2.0,
        "looking into the tables": 4.0,
        "taking the customer out of the files": 1.0,
    },
    "monitor": {
        "reading the waves": 3.0,
        "predicting the waves": 3.0,
        "judging": 8.0,
        "writing the page": 0.2,
        "running monitoring.command": 0.0,
        "logging to MLflow": 1.0,
    },
    "backtest": _BACKTEST,
    "promote": {"reading the registry": 2.0, "comparing version": 5.0},
    "demo": {**_SIMULATE, **_TRAIN, **_ESTIMATE, **_SCORE, **_REPORT},
}
"""By command. Of steps of 0 seconds it is not known how long they take: few runs have them."""
