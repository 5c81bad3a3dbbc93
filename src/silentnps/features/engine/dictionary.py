"""The data dictionary of all features as a page of Markdown."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from silentnps.features.catalog import CATALOG, Feature, catalog_frame
from silentnps.features.engine.markdown_text import code, markdown_table

_HEAD = """# Features

Written by `silentnps features --list --markdown`: {n} features, {n_learned} of them learned from the base.

Only events strictly before `as_of` count; a window includes both its ends; a later time of an event, such as a
reply or the closing of a case, counts only if it too was before `as_of`. Without a table or column there are no
features that need it; "nobody" is the value for customers without events in a table that exists (empty: unknown). A
feature is computed over those events of its window for which the value it needs is known (a category, a channel, a
discount, whether a case is closed); it is unknown where there are events but the value is known for none. Learned
features are fitted once, at the earliest wave of a training, and stored in the model. Roles are the defaults: a
*response driver* may affect whether customers answer; a *shadow* affects satisfaction but, at equal satisfaction,
not answering.
"""
_COLUMNS = ("feature", "definition", "unit", "role", "actionable", "nobody", "needs")


def catalog_markdown(used: Collection[str] | None = None) -> str:
    """Return the data dictionary: one table per family, with the families in the order of the catalogue.

    With `used`, only these features are included; names that are not in the catalogue are listed at the end.

    Examples
    --------
    >>> page = catalog_markdown(["orders_count_90d", "region"])
    >>> for line in page[page.index("## ") :].splitlines():
    ...     print(line[:55])
    ## Frequency
    <BLANKLINE>
    | feature | definition | unit | role | actionable | nob
    | --- | --- | --- | --- | --- | --- | --- |
    | `orders_count_90d` | Orders in the last 90 days. | or
    <BLANKLINE>
    ## Attributes of customers
    <BLANKLINE>
    - `region`
    """
    frame = catalog_frame()
    frame = frame if used is None else frame[frame["name"].isin(list(used))]
    sections = [_HEAD.format(n=len(frame), n_learned=int(frame["learned"].sum()))]
    for family, rows in frame.groupby("family", sort=False):
        text = markdown_table(_COLUMNS, (_row(CATALOG[name]) for name in rows["name"]))
        sections.append(f"## {str(family).capitalize()}\n\n{text}\n")
    others = [name for name in used or () if name not in CATALOG]
    if others:
        sections.append("## Attributes of customers\n\n" + "\n".join(f"- {code(name)}" for name in others) + "\n")
    return "\n".join(sections)


def _row(feature: Feature) -> tuple[str, ...]:
    needs = ", ".join((*feature.tables, *(f"`{feature.tables[0]}.{column}`" for column in feature.columns)))
    kind = f"{feature.role}, learned" if feature.learned else feature.role
    nobody = "" if feature.empty is None or pd.isna(feature.empty) else f"{feature.empty:g}"
    actionable = "yes" if feature.actionable else "no"
    return f"`{feature.name}`", feature.definition, feature.unit, kind, actionable, nobody, needs
