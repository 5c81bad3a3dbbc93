"""Everything that is found on the rows of a survey as a whole."""

from __future__ import annotations

import ibis.expr.types as ir

from silentnps.config import SurveyConfig
from silentnps.data.findings import Finding
from silentnps.data.surveys.kinds import kinds_findings
from silentnps.data.surveys.pace import pace_findings
from silentnps.data.surveys.spikes import spike_findings
from silentnps.data.surveys.suspicious import suspicious_findings


def survey_row_findings(table: str, rows: ir.Table, survey: SurveyConfig, *, row: str) -> list[Finding]:
    """Return what is found on clean rows of responses or invitations; nothing on other tables.

    `row` is the column with the places of rows in the file.
    """
    if table == "invitations":
        return suspicious_findings(table, rows, row=row)
    if table != "responses":
        return []
    return [
        *kinds_findings(rows, survey, row=row),
        *suspicious_findings(table, rows, row=row),
        *spike_findings(rows, row=row),
        *pace_findings(rows, row=row),
    ]
