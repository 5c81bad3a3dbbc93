"""The columns of tables that hold keys of customers other than their own ids, such as e-mail addresses."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace

from silentnps.config import ProjectConfig, TableConfig
from silentnps.data.files.names import as_yaml, listed
from silentnps.data.opening.scan import Source
from silentnps.errors import DataError
from silentnps.schema import TABLES, Column, Table

CUSTOMER_ID = "customer_id"

LINKS = "identity.links."
"""Beginning of the names of the tables that only link keys; their number in the configuration follows."""

_EMAIL = re.compile("(customer|contact|recipient|user|person|primary)?e?mail(address|adresse|id)?")
"""Names of columns of e-mail addresses, in lower case without blanks and punctuation."""


def keys_of(config: ProjectConfig) -> tuple[str, ...]:
    """Return the names of the keys that identify a table or that a link holds, in alphabetical order."""
    named = {table.identified_by for table in config.tables.values() if table.identified_by is not None}
    linked = {name for link in config.identity.links for name in link.columns if name != CUSTOMER_ID}
    return tuple(sorted({*named, *linked, *config.identity.forms}))


def identified_tables(config: ProjectConfig) -> dict[str, str]:
    """Return the tables that another key than the customers' own ids identifies, with that key."""
    return {name: table.identified_by for name, table in config.tables.items() if table.identified_by is not None}


def identified(config: ProjectConfig, keys: Mapping[str, str | None]) -> ProjectConfig:
    """Return the configuration with the key by which each table is identified, None for the customers' own ids."""
    changed = {
        name: config.tables[name].model_copy(update={"identified_by": key})
        for name, key in keys.items()
        if config.tables[name].identified_by != key
    }
    return config.model_copy(update={"tables": config.tables | changed})


def may_hold_all_keys(name: str) -> bool:
    """Return whether a table is read with the keys of all others, which are known once these are opened."""
    return name == "customers" or name.startswith(LINKS)


def is_email(config: ProjectConfig, key: str) -> bool:
    """Return whether the values of a key are compared as e-mail addresses: as declared, or else by its name."""
    form = config.identity.forms.get(key)
    return form == "email" if form is not None else "mail" in key.lower()


def tables_to_read(
    config: ProjectConfig, names: Collection[str] | None = None
) -> dict[str, tuple[Table, TableConfig]]:
    """Return the tables with the columns of their keys, in the order of the schema, and after them the links.

    With `names`, only these tables; their keys are still those of the whole configuration.
    """
    keys = keys_of(config)
    wanted = {
        name: (with_keys(TABLES[name], keys, config.tables[name].identified_by), config.tables[name])
        for name in TABLES
        if name in config.tables
    }
    for number, link in enumerate(config.identity.links if keys else ()):
        table = Table(f"{LINKS}{number}", (Column(CUSTOMER_ID, "id"),))
        wanted[table.name] = (with_keys(table, keys, None), TableConfig(**dict(link)))
    return wanted if names is None else {name: wanted[name] for name in wanted if name in names}


def with_keys(table: Table, keys: Collection[str], identified_by: str | None) -> Table:
    """Return a table that also has the keys by which it is not identified itself, as optional ids."""
    added = (Column(key, "id") for key in keys if key != identified_by and table.kind_of(key) is None)
    return replace(table, columns=(*table.columns, *added))


def declared_columns(config: TableConfig) -> dict[str, str]:
    """Return the declared columns of a table; that of the key by which it is identified is its customer_id."""
    return {CUSTOMER_ID if name == config.identified_by else name: user for name, user in config.columns.items()}


def key_columns(table: Table, chosen: Mapping[str, str], source: Source, config: ProjectConfig) -> dict[str, str]:
    """Return the user's names of the columns of keys that nothing declares, by canonical name.

    A table that is `identified_by` a key has it in the column named like the key, else in its customer_id. Columns
    of customers and of links are found under the names that a key commonly has; of other tables only under its own.

    Raises
    ------
    DataError
        If several columns are named like the key that is needed.
    """
    names = [name for name in source.types if name not in chosen.values()]
    declared = config.tables.get(table.name)
    identified_by = declared.identified_by if declared else None
    found: dict[str, str] = {}
    if identified_by is not None and CUSTOMER_ID not in chosen:
        column = _only(table, CUSTOMER_ID, _named_like(identified_by, names, config), source)
        found |= {CUSTOMER_ID: column} if column else {}
    if may_hold_all_keys(table.name):
        for key in keys_of(config):
            if key not in chosen:
                column = _only(table, key, _named_like(key, names, config), source)
                found |= {key: column} if column else {}
    return found


def _named_like(key: str, names: Collection[str], config: ProjectConfig) -> list[str]:
    """Return the columns named like a key: exactly, else without case and punctuation, else as is usual."""
    exact = [name for name in names if name.lower() == key.lower()]
    alike = [name for name in names if plain(name) == plain(key)]
    usual = [name for name in names if is_email(config, key) and _EMAIL.fullmatch(plain(name))]
    return exact or alike or usual


def plain(name: str) -> str:
    """Return a name in lower case without blanks and punctuation."""
    return re.sub(r"[\W_]+", "", name).lower()


def _only(table: Table, name: str, matches: list[str], source: Source) -> str | None:
    if len(matches) > 1:
        raise DataError(
            f"{source.name} must have one column that can be {name!r}; got {listed(matches)}. Say which one:"
            f" {section_of(table)}.columns: {{{name}: {as_yaml(matches[0])}}}."
        )
    return matches[0] if matches else None


def section_of(table: Table) -> str:
    """Return the section of the configuration that a table has."""
    return table.name if table.name.startswith(LINKS) else f"tables.{table.name}"


def customers_are_known_by(key: str, config: ProjectConfig) -> bool:
    """Return whether the customers' own ids are the values of a key, by the declared name of their column."""
    own = config.tables["customers"].columns.get(CUSTOMER_ID)
    return own is not None and bool(_named_like(key, [own], config))
