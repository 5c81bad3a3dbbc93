"""The wave that each answer and each invitation belongs to."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from silentnps.config import WavesConfig
from silentnps.data.checking.versions import latest
from silentnps.errors import ConfigError
from silentnps.features.population.survey_answers import asked_answers
from silentnps.features.population.waves import wave_rules
from silentnps.features.windows import SECONDS_PER_HOUR

PERSON_WAVE = ("customer_id", "wave")
"""The columns that identify a row of a population."""


def answers_and_invitations(
    tables: Mapping[str, ir.Table], waves: WavesConfig, zone: str | None = None
) -> ir.Table:
    """Return one row per answer that counts and per invitation.

    Columns: customer_id, responded_at (null for an invitation), moment, asked_at, rating (float64, null for an
    invitation), by_invitation, wave (null if it belongs to none) and wave_starts_at.

    - `moment` determines the wave: the moment of an answer's invitation, or else of the answer itself.
    - `asked_at` is the moment for which features are built: the invitation, or else the answer minus the embargo.
    - Of several versions of an answer the last one counts, of several answers at one moment the last in the file.

    Raises
    ------
    ConfigError
        If there are neither responses nor invitations, or the waves are contradictory.
    """
    wave_of, start_of = wave_rules(waves, zone)
    sources = [_from_responses(tables, waves)] if "responses" in tables else []
    sources += [_from_invitations(tables["invitations"])] if "invitations" in tables else []
    if not sources:
        raise ConfigError(
            "tables must have responses or invitations, which define the waves; got neither. Add one."
        )
    rows = ibis.union(*sources)
    return rows.mutate(wave=wave_of(rows.moment), wave_starts_at=start_of(rows.moment))


def _from_responses(tables: Mapping[str, ir.Table], waves: WavesConfig) -> ir.Table:
    answers = asked_answers({**tables, "responses": latest("responses", tables["responses"])})
    embargo = ibis.interval(seconds=round(waves.embargo_hours * SECONDS_PER_HOUR))
    return answers.select(
        "customer_id",
        "responded_at",
        moment=answers.invited_at.coalesce(answers.responded_at),
        asked_at=answers.invited_at.coalesce(answers.responded_at - embargo),
        rating=answers.rating.cast("float64"),
        by_invitation=ibis.literal(False),
    )


def _from_invitations(invitations: ir.Table) -> ir.Table:
    invited_at = invitations.invited_at.cast("timestamp")
    return invitations.select(
        "customer_id",
        responded_at=ibis.null("timestamp"),
        moment=invited_at,
        asked_at=invited_at,
        rating=ibis.null("float64"),
        by_invitation=ibis.literal(True),
    )
