"""Tables with keys of customers, written as CSV text, and the configuration that names them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from written_tables import orders

from silentnps.config import LinkConfig, ProjectConfig

PEOPLE = "1,ann@x.com,north\n2,bob@x.com,south\n3,both@x.com,south\n4,both@x.com,north\n"
WITH_EMAIL = f"customer_id,email,region\n{PEOPLE}"
WITHOUT_EMAIL = "customer_id,region\n1,north\n2,south\n"
SOLD = "2025-01-01 10:00:00,5"


def linked(folder: Path, *, identity: Any = None, keys: dict[str, str], **tables: str) -> ProjectConfig:
    """Write tables given as CSV text and return the configuration; `keys` is what each is identified by."""
    configured: dict[str, Any] = {}
    for name, text in {"customers": WITH_EMAIL, **tables}.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        configured[name] = {"path": folder / f"{name}.csv", "identified_by": keys.get(name)}
    content = {"name": "t", "output": folder / "out", "timezone": "UTC", "tables": configured}
    return ProjectConfig.model_validate(content | {"identity": identity or {}})


def with_link(config: ProjectConfig, path: Path, text: str, **columns: str) -> ProjectConfig:
    """Write a file of links and return the configuration with it."""
    path.write_text(text, encoding="utf-8")
    links = (*config.identity.links, LinkConfig(path=path, columns=columns))
    return config.model_copy(update={"identity": config.identity.model_copy(update={"links": links})})


def sold_to(*emails: str, header: str = "order_id,email,ordered_at,amount") -> str:
    """Return orders of the owners of some keys."""
    return orders(*(f"{n},{email},{SOLD}" for n, email in enumerate(emails)), header=header)
