"""Who must stay forgotten: forgotten.json, which has keyed hashes of ids and no id."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from silentnps.errors import DataError
from silentnps.storage.atomic import replace_file
from silentnps.storage.keyed_hash import keyed_hash
from silentnps.workflow.artifacts.project import Project

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Forgotten:
    """The hashes of forgotten customers, with what is recorded of each: when, and which models had seen them."""

    key: bytes
    customers: Mapping[str, Mapping[str, Any]]

    def hash_of(self, customer_id: str) -> str:
        """Return the keyed hash of an id."""
        return keyed_hash(self.key, f"customer|{customer_id}")

    def models_of(self, customer_id: str) -> tuple[str, ...]:
        """Return which models had seen a customer, as recorded when they were forgotten; none if they were not."""
        return tuple(map(str, self.customers.get(self.hash_of(customer_id), {}).get("models", ())))

    def among(self, ids: Iterable[str]) -> frozenset[str]:
        """Return the ids that are forgotten."""
        return frozenset(each for each in ids if self.hash_of(each) in self.customers)


def forgotten_path(project: Project) -> Path:
    """Return the file of the record."""
    return project.output / "forgotten.json"


def read_forgotten(project: Project) -> Forgotten | None:
    """Return who must stay forgotten; None if nobody was forgotten yet.

    Raises
    ------
    DataError
        If the record is damaged, or was written with another key: nobody would be found again.
    """
    path = forgotten_path(project)
    if not path.exists():
        return None
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        check, customers = str(values["key_check"]), dict(values["customers"])
    except (OSError, ValueError, KeyError, TypeError):
        raise DataError(
            f"{path} must be the record that `silentnps forget` wrote; got a damaged one. Bring it back from a "
            "backup, or remove it and forget each customer again."
        ) from None
    key = project.hash_key
    if check != _check(key):
        raise DataError(
            f"{path} must go with the key of hashed ids (privacy.key_variable, or privacy.key beside it); got "
            "another key. Bring that key back, or remove the record and forget each customer again."
        )
    return Forgotten(key, customers)


def remember_to_forget(project: Project, customer_id: str, *, now: datetime, models: Iterable[str]) -> None:
    """Add a customer to the record, without the id; errors as `read_forgotten`.

    Models recorded before stay: once the rows are gone nothing else tells of them.
    """
    before = read_forgotten(project) or Forgotten(project.hash_key, {})
    known = before.models_of(customer_id)
    entry = {"forgotten_at": now.isoformat(timespec="seconds"), "models": sorted({*known, *models})}
    content = {
        "schema_version": SCHEMA_VERSION,
        "key_check": _check(before.key),
        "customers": {**before.customers, before.hash_of(customer_id): entry},
    }
    replace_file(forgotten_path(project), lambda path: _write(path, json.dumps(content, indent=1)))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    os.chmod(path, 0o600)


def _check(key: bytes) -> str:
    return keyed_hash(key, "check")
