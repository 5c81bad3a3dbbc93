"""Of whom less may be done: the ids that `privacy.opted_out` keeps out of scores, calls, lists and training."""

from __future__ import annotations

from silentnps.config import ProjectConfig


def not_to_be_scored(config: ProjectConfig) -> frozenset[str]:
    """Return the ids of the customers who get no score; none where `privacy.opted_out` allows scores."""
    choice = config.privacy.opted_out
    return frozenset() if choice.score and choice.count else _opted_out_ids(config)


def not_to_be_called(config: ProjectConfig) -> frozenset[str]:
    """Return the ids of the customers who are not called; none where `privacy.opted_out` allows calls."""
    choice = config.privacy.opted_out
    return frozenset() if choice.plan and choice.count else _opted_out_ids(config)


def not_to_be_acted_on(config: ProjectConfig) -> frozenset[str]:
    """Return the ids of the customers who are on no list; none where `privacy.opted_out` allows lists."""
    choice = config.privacy.opted_out
    return frozenset() if choice.act and choice.count else _opted_out_ids(config)


def not_to_be_learned_from(config: ProjectConfig) -> frozenset[str]:
    """Return the ids of the customers whose answers train no model; none where `privacy.opted_out` allows that."""
    choice = config.privacy.opted_out
    return frozenset() if choice.train and choice.count else _opted_out_ids(config)


def _opted_out_ids(config: ProjectConfig) -> frozenset[str]:
    from silentnps.workflow.privacy.objections import opted_out_ids  # it alone loads what opens tables

    return opted_out_ids(config)
