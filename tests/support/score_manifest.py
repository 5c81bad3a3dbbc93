"""The manifest of a folder that a job of many parts has written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from silentnps.storage.resumable_job import MANIFEST


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a result: key, facts, rows, parts with digests."""
    manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return manifest
