"""Features of earlier invitations. Invitations of the wave itself would show who was asked and reminded when."""

from __future__ import annotations

from functools import partial

import ibis.expr.types as ir

from silentnps.features.catalog import feature
from silentnps.features.windows import SECONDS_PER_DAY

_invitations = partial(feature, "invitations", family="previous answers", role="response driver")


def _earlier_wave(events: ir.Table) -> ir.BooleanValue:
    return events.invited_at < events.wave_starts_at


@_invitations(unit="invitations", empty=0, words="previous invitations")
def invitations_previous_count(events: ir.Table) -> ir.Value:
    """Invitations of earlier waves."""
    return events.count(where=_earlier_wave(events))


@_invitations(role="neither", unit="days", words="days since the previous invitation")
def invitations_days_since_previous(events: ir.Table) -> ir.Value:
    """Days from the latest invitation of an earlier wave to as_of."""
    return events.seconds_ago.min(where=_earlier_wave(events)) / SECONDS_PER_DAY
