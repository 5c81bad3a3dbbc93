"""The channel that a customer answers to, by the messages of the last year."""

from __future__ import annotations

import numpy as np
import pandas as pd

from silentnps.features.definitions.outreach import CHANNELS

CHANNEL_COLUMNS = tuple(
    f"outreach_{channel}_{what}_365d" for channel in CHANNELS for what in ("count", "answer_share")
)


def answered_channels(features: pd.DataFrame) -> pd.DataFrame:
    """Return the channel that each customer answers to and why, columns channel and channel_from; empty for none.

    It is the one with the largest (answers + 1) / (messages + 2) among those that were answered at all; of equal
    ones the first of the features' order.

    Examples
    --------
    >>> features = pd.DataFrame({"outreach_sms_count_365d": [9.0], "outreach_sms_answer_share_365d": [1 / 9],
    ...     "outreach_email_count_365d": [4.0], "outreach_email_answer_share_365d": [0.75]})
    >>> answered_channels(features).iloc[0].tolist()
    ['email', 'answered 3 of 4 e-mails']
    """
    known = [name for name in CHANNELS if f"outreach_{name}_answer_share_365d" in features]
    empty = pd.DataFrame({"channel": "", "channel_from": ""}, index=range(len(features)), dtype="object")
    if not known or features.empty:
        return empty
    sent = np.column_stack([_column(features, f"outreach_{name}_count_365d") for name in known])
    share = np.column_stack([_column(features, f"outreach_{name}_answer_share_365d") for name in known])
    answers = np.rint(sent * share)
    rates = np.where(answers > 0, (answers + 1) / (sent + 2), -1.0)
    best = rates.argmax(axis=1)
    for row in np.flatnonzero(rates.max(axis=1) > 0):
        name = known[best[row]]
        n, of = int(answers[row, best[row]]), int(sent[row, best[row]])
        empty.loc[row] = [name, f"answered {n} of {of} {CHANNELS[name]}"]
    return empty


def _column(features: pd.DataFrame, name: str) -> np.ndarray:
    if name not in features:
        return np.zeros(len(features))
    return features[name].to_numpy(dtype=np.float64, na_value=0.0)
