"""Templates of HTML pages: all values escaped, a missing one an error."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined


def page_templates() -> Environment:
    """Return the environment of the pages' templates."""
    return Environment(
        loader=PackageLoader("silentnps", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
