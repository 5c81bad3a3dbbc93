"""The model card: what a trained model is, how good it is, what it assumes and what it must not be used for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from silentnps.evaluation import Evaluation
from silentnps.features.engine.markdown_text import code, literal, markdown_table
from silentnps.outcome.survey_data import FEW_ANSWERS

_HEADLINES = {
    "selection": "Who answers depends on the response drivers and on satisfaction itself. At equal satisfaction "
    "and equal response drivers, the shadow features must not affect the willingness to answer: this is assumed; "
    "the data cannot prove it.",
    "mar": "Missing at random: at equal features, those who answered and silent customers are assumed to be "
    "equally satisfied. There is no usable shadow feature, or there are too few answers, so this cannot be "
    "relaxed.",
    "follow_up": "The silent customers who were called are assumed to be a random sample of all silent customers; "
    "calls without an answer are handled by the selection model.",
}
_SHOWN = ("log_loss", "rps", "qwk", "macro_f1", "far_error_rate")
_SHOWN_BY_CLASS = ("base_rate", "auc", "lift_at_10", "precision_at_10", "ece")
_FORBIDDEN = (
    "decisions against an individual customer (refusal, price, service level): a score is a probability, and wrong "
    "for many individual customers",
    "causal claims: the model says what goes with satisfaction, not what would change it",
    "judging the performance of employees or stores without the interval of the estimate",
    "customers after the wave's window: train again for a new wave",
)


def model_card(
    info: Mapping[str, Any],
    evaluation: Evaluation,
    *,
    candidates: pd.DataFrame,
    nps_silent: float,
    config_digest: str,
    random_state: int,
    versions: Mapping[str, str],
) -> str:
    """Return the model card as Markdown; every number in it is from the arguments.

    Parameters
    ----------
    info
        `Bundle.info` as the training wrote it.
    candidates
        One row per candidate, columns candidate, baseline and metrics (`Training.metrics`).
    nps_silent
        The estimate of the training, in points.
    config_digest, random_state, versions
        What it takes to reproduce the model; versions by package.
    """
    sections = {
        "What it is": _what(info, nps_silent),
        "Data": _data(info),
        "Metrics": _metrics(evaluation),
        "Candidates and baselines": _candidates(info, candidates),
        "Assumptions": _assumptions(info),
        "Calibration": _calibration(evaluation),
        "Fairness": _fairness(evaluation.fairness),
        "Limits": _limits(info, evaluation),
        "Intended uses": _list(
            [
                "the NPS of silent customers of the wave, with its interval, as a whole and by segment",
                "ranking silent customers for a call, an offer of help or a survey",
            ]
        ),
        "Forbidden uses": _list(_FORBIDDEN),
        "How to reproduce": _reproduce(info, config_digest, random_state, versions),
    }
    body = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections.items())
    title = f"{literal(info.get('project', 'silentnps'))}, wave {literal(info.get('wave', 'not named'))}"
    return f"# Model card: {title}\n\n{body}\n"


def _what(info: Mapping[str, Any], nps_silent: float) -> str:
    return (
        "Class probabilities (detractor, passive, promoter) and the expected NPS of customers who did not answer "
        f"the survey. Candidate `{info['candidate']}`, by the ranked probability score out of fold (logistic where "
        "answers are few). "
        f"{_average(nps_silent)}"
    )


def _average(nps_silent: float) -> str:
    if not math.isfinite(nps_silent):
        return "Nobody in the wave stayed silent, so nothing is estimated."
    return (
        f"The scores of the wave's silent customers average to an NPS of {nps_silent:+.1f} points; its interval is "
        "computed by `silentnps estimate`."
    )


def _data(info: Mapping[str, Any]) -> str:
    return _list(
        [
            f"wave: {literal(info.get('wave', 'not named'))}",
            f"answers: {info['n_answers']:,}, of which {info['n_answers_of_wave']:,} in the wave",
            f"silent customers in the wave: {info['n_silent']:,}",
            f"response drivers: {_names(info['response_drivers'])}",
            f"shadow features: {_names(info['shadow_features'])}",
        ]
    )


def _metrics(evaluation: Evaluation) -> str:
    table = evaluation.metrics
    wide = {name: rows.set_index("metric") for name, rows in table.groupby("weighting", sort=False)}
    names = [name for name in table["metric"].unique() if _is_shown(name)]
    rows = [[name, *(_interval(one, name) for one in wide.values())] for name in names]
    heads = [
        f"{_weighting(str(name))} (n {int(one['n'].iloc[0]):,}, effective {one['n_effective'].iloc[0]:,.0f})"
        for name, one in wide.items()
    ]
    note = (
        "Out of fold, with 95 % bootstrap intervals by person. Weighted to silent customers, the metrics judge the "
        "probabilities of silent customers (after the tilt, before the step that makes scores add up) and the "
        "class labels that the scores would have (after the step). "
        "Compare each with its base rate."
    )
    return f"{markdown_table(['metric', *heads], rows)}\n\n{note}\n\n{_ceiling(evaluation)}"


def _is_shown(name: str) -> bool:
    return name in _SHOWN or name.rsplit("_", 1)[0] in _SHOWN_BY_CLASS


def _ceiling(evaluation: Evaluation) -> str:
    ceiling = evaluation.ceiling
    if ceiling.table is None:
        return f"Noise ceiling: unknown ({ceiling.reason})."
    rows = [[str(row["metric"]), _span(row)] for _, row in ceiling.table.iterrows()]
    heading = f"Noise ceiling, from {ceiling.n_persons:,} persons who answered repeatedly:"
    return f"{heading}\n\n{markdown_table(['metric', 'best that is achievable'], rows)}"


def _candidates(info: Mapping[str, Any], candidates: pd.DataFrame) -> str:
    names = [name for name in (*_SHOWN, "auc_detractor", "auc_promoter") if name in candidates]
    rows = []
    for _, row in candidates.iterrows():
        role = "baseline" if row["baseline"] else "chosen" if row["candidate"] == info["candidate"] else "candidate"
        rows.append([str(row["candidate"]), role, *(_number(row[name]) for name in names)])
    return markdown_table(["model", "role", *names], rows)


def _assumptions(info: Mapping[str, Any]) -> str:
    lines = [_HEADLINES.get(str(info["headline"]), f"Assumption of the headline: {info['headline']}.")]
    if info["shadow_features"] and info["headline"] != "mar":
        lines.append(f"Shadow features, declared but not proved: {_names(info['shadow_features'])}.")
    demoted = info.get("demoted_shadows")
    if demoted:
        lines.append(
            "Declared shadow features that the others contradict, and that count as response drivers: "
            f"{_names(demoted)}."
        )
    return "\n\n".join(lines)


def _calibration(evaluation: Evaluation) -> str:
    table = evaluation.metrics[evaluation.metrics["metric"].str.startswith("ece_")]
    rows = [
        [str(row["metric"]).removeprefix("ece_"), _weighting(str(row["weighting"])), _span(row)]
        for _, row in table.iterrows()
    ]
    note = (
        "Fitted on the answers, unweighted; with the weights of silent customers it is only checked. The expected "
        "calibration error is above 0 by chance even if every probability is right, and its interval describes the "
        "error seen at this number of answers: an interval that excludes 0 does not show miscalibration."
    )
    return f"{markdown_table(['class', 'weighting', 'expected calibration error'], rows)}\n\n{note}"


def _fairness(table: pd.DataFrame) -> str:
    if table.empty:
        return "No columns were declared for a fairness check: nothing is known about differences between groups."
    heads = ["column", "level", "weighting", "class", "measure", "value", "n"]
    rows = [_fairness_row(row) for _, row in table.iterrows()]
    note = "Calibration is the mean predicted probability minus the observed share: above 0 means overpredicted."
    return f"{markdown_table(heads, rows)}\n\n{note}"


def _fairness_row(row: pd.Series) -> list[str]:
    value = f"not shown: {literal(row['reason'])}" if row["reason"] else _span(row)
    names = [literal(row["column"]), literal(row["level"]), _weighting(str(row["weighting"]))]
    return [*names, _text(row["nps_class"]), _text(row["measure"]), value, str(row["n"])]


def _limits(info: Mapping[str, Any], evaluation: Evaluation) -> str:
    lines = [
        "The intervals of the metrics cover chance among those who answered; neither the model nor the weights "
        "were refitted for them.",
        "Results weighted to silent customers hold only as far as the assumption above does.",
    ]
    if info["n_answers_of_wave"] < FEW_ANSWERS:
        lines.append(
            f"Few answers: {info['n_answers_of_wave']:,} in the wave, fewer than {FEW_ANSWERS}. The choice of the "
            "model and every metric are uncertain."
        )
    if evaluation.learning is None:
        lines.append("The gain from more answers was not measured.")
    else:
        lines.extend(_learning(evaluation))
    return _list(lines)


def _learning(evaluation: Evaluation) -> Iterable[str]:
    if evaluation.learning is None:
        return
    table = evaluation.learning.table
    for metric, reason in evaluation.learning.reasons.items():
        rows = table[(table["metric"] == metric) & (table["kind"] == "extrapolated")]
        if reason:
            yield f"Twice the answers, {metric}: not extrapolated ({reason})."
        else:
            yield f"Twice the answers would give a {metric} of about {_span(rows.iloc[0])}."


def _reproduce(info: Mapping[str, Any], config_digest: str, random_state: int, versions: Mapping[str, str]) -> str:
    digests = [
        f"{label}: `{info[key]}`"
        for key, label in (("features_digest", "features"), ("out_of_fold_digest", "out-of-fold predictions"))
        if key in info
    ]
    return _list(
        [
            "`silentnps train` with the same configuration, tables and versions",
            f"configuration: `{config_digest}`",
            f"random_state: {random_state}",
            *digests,
            *(f"{name} {version}" for name, version in versions.items()),
        ]
    )


def _weighting(name: str) -> str:
    return "weighted to silent customers" if name == "silents" else "unweighted"


def _interval(table: pd.DataFrame, name: str) -> str:
    return _span(table.loc[[name]].iloc[0]) if name in table.index else "class does not occur"


def _span(row: pd.Series) -> str:
    return f"{_number(row['value'])} [{_number(row['low'])}, {_number(row['high'])}]"


def _number(value: float) -> str:
    return "not defined" if pd.isna(value) else f"{value:.3f}"


def _text(value: Any) -> str:
    return "all" if pd.isna(value) else str(value)


def _names(names: Sequence[str]) -> str:
    return ", ".join(code(name) for name in names) if names else "none"


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
