"""Office files whose bytes depend on their content alone: the moments inside are those of the report."""

from __future__ import annotations

import re
import zipfile
from datetime import UTC, datetime
from io import BytesIO

_FIRST_OF_ZIP = (1980, 1, 1, 0, 0, 0)
_CORE = "docProps/core.xml"
_MOMENT = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")


def moment_of(generated_at: str) -> datetime:
    """Return the moment that a report tells, without a zone, as office files write it in UTC.

    Examples
    --------
    >>> moment_of("2024-05-01 08:00 UTC")
    datetime.datetime(2024, 5, 1, 8, 0)
    """
    moment = datetime.fromisoformat(generated_at.replace(" UTC", "+00:00"))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).replace(tzinfo=None)


def with_moment(package: bytes, moment: datetime) -> bytes:
    """Return an office file, and the workbooks inside it, as if all were written at `moment`."""
    written = BytesIO()
    with zipfile.ZipFile(BytesIO(package)) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, _FIRST_OF_ZIP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, _settled(name, old.read(name), moment))
    return written.getvalue()


def _settled(name: str, content: bytes, moment: datetime) -> bytes:
    if name.endswith(".xlsx") and zipfile.is_zipfile(BytesIO(content)):
        return with_moment(content, moment)
    if name != _CORE:
        return content
    text = moment.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    return _MOMENT.sub(rb"\g<1>" + text + rb"\g<2>", content)
