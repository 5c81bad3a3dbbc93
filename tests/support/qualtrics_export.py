"""A survey as Qualtrics exports it: three header rows, the third with the zone of the times."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence

HEADER = (
    *("StartDate", "EndDate", "Status", "IPAddress", "Progress", "Duration (in seconds)", "Finished"),
    *("RecordedDate", "ResponseId", "RecipientLastName", "RecipientFirstName", "RecipientEmail"),
    *("ExternalReference", "LocationLatitude", "LocationLongitude", "DistributionChannel", "UserLanguage"),
)
LABELS = (
    *("Start Date", "End Date", "Response Type", "IP Address", "Progress", "Duration (in seconds)", "Finished"),
    *("Recorded Date", "Response ID", "Recipient Last Name", "Recipient First Name", "Recipient Email"),
    *("External Data Reference", "Location Latitude", "Location Longitude", "Distribution Channel"),
    "User Language",
)
ASKED = "On a scale from 0-10, how likely are you to recommend us\nto a friend or colleague?"


def answer(number: int, rating: str, **values: str) -> dict[str, str]:
    """Return a finished answer of customer number `number`."""
    moment = f"2025-01-{10 + number // 24 % 20:02d} {number % 24:02d}:00:00"
    return {
        "StartDate": moment,
        "EndDate": moment,
        "Status": "0",
        "IPAddress": "192.0.2.7",
        "Progress": "100",
        "Duration (in seconds)": "61",
        "Finished": "1",
        "RecordedDate": moment,
        "ResponseId": f"R_{number}aB",
        "RecipientLastName": "Secret",
        "RecipientEmail": f"P{number}@m.example",
        "ExternalReference": f"c{number}",
        "DistributionChannel": "email",
        "UserLanguage": "EN",
        "Q1": rating,
    } | values


def export(
    answers: Iterable[dict[str, str]], *, questions: Sequence[str] = ("Q1",), zone: str = "America/Denver"
) -> str:
    """Return the CSV file; each of `questions` is a column, of which the first asks for the rating."""
    stream = io.StringIO()
    names = [*HEADER, *questions]
    writer = csv.writer(stream)
    writer.writerow(names)
    writer.writerow([*LABELS, ASKED, *(f"About {name}" for name in questions[1:])][: len(names)])
    ids = [{"ImportId": name[0].lower() + name[1:]} for name in names]
    for place, name in enumerate(names):
        if name.endswith("Date"):
            ids[place]["timeZone"] = zone
    writer.writerow(json.dumps(each, separators=(",", ":")) for each in ids)
    writer.writerows([each.get(name, "") for name in names] for each in answers)
    return stream.getvalue()
