"""Every table that was found, with what it is taken for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from silentnps.data.files.duckdb_errors import GuardedBackend
from silentnps.data.files.names import listed
from silentnps.data.opening.scan import Source
from silentnps.errors import ConfigError, SilentNPSError
from silentnps.schema import TABLES
from silentnps.workflow.onboarding.keys import Key, key_of
from silentnps.workflow.onboarding.mapping import (
    CUSTOMER,
    Fit,
    fit_customers,
    fit_events,
    key_columns,
    nearly_fits,
)
from silentnps.workflow.onboarding.profiles import Column, profile, settled, with_all_ids
from silentnps.workflow.onboarding.recognised import Recognised, read_export, recognised
from silentnps.workflow.onboarding.samples import SAMPLE_ROWS, Sample, sample_files, sampled
from silentnps.workflow.watch import QUIET, Watch

_CUSTOMERS = "customers"
_RESPONSES = "responses"
_EXPORT = 2.0
"""How much it speaks against a list of customers that a file is the export of another program."""

_BY_PRESET = 10.0


@dataclass(frozen=True)
class Found:
    """A file that fits a canonical table: its columns, which of them are which, and the key of its customers."""

    sample: Sample
    columns: dict[str, Column]
    fit: Fit
    key: Key | None = None
    preset: Recognised | None = None

    @property
    def mapped(self) -> dict[str, Column]:
        """Return the columns that are used, by canonical name."""
        return {canonical: self.columns[name] for canonical, name in self.fit.columns.items()}


@dataclass(frozen=True)
class Looked:
    """The tables that were found, by canonical name, and why each other file is not used."""

    tables: dict[str, Found]
    unused: dict[str, str] = field(default_factory=dict)

    @property
    def customers(self) -> Found:
        """Return the table of customers."""
        return self.tables[_CUSTOMERS]


def look(files: Sequence[str], *, folder: Path, watch: Watch = QUIET) -> Looked:
    """Read samples of the files and say what each is; `folder` is that of the configuration.

    Raises
    ------
    ConfigError
        If no file has one row per customer, which is the one table that cannot be done without.
    """
    watch.step("reading samples of the files")
    samples = sample_files(files, folder=folder)
    unused = dict(samples.unread)
    columns = {
        sample.label: profile(samples.backend, sample.source, sample.rows)
        for sample in samples.found
        if sample.n_rows
    }
    unused |= {sample.label: "it has no rows" for sample in samples.found if not sample.n_rows}
    seen = [sample for sample in samples.found if sample.n_rows]
    columns |= {sample.label: _with_all_ids(samples.backend, sample, columns[sample.label]) for sample in seen}
    exports = {sample.label: recognised(sample, seen) for sample in seen}
    joined = {other.label for found in exports.values() for export in found for other in export.joined.values()}
    customers = _customers(seen, columns, {*joined, *(label for label, found in exports.items() if found)})
    if customers is None:
        raise _nobody(unused, [sample.label for sample in seen])
    customers = _settled(samples.backend, customers, customers.sample.source)
    tables = {_CUSTOMERS: customers}
    for sample in seen:
        if sample is not customers.sample and (exports[sample.label] or sample.label not in joined):
            _place(samples.backend, sample, columns[sample.label], exports[sample.label], tables, unused)
    return Looked({name: tables[name] for name in TABLES if name in tables}, unused)


def _customers(
    seen: Sequence[Sample], columns: dict[str, dict[str, Column]], exports: Collection[str]
) -> Found | None:
    """Return the file that is a list of customers rather than of events; `exports` are those of other programs."""
    ranked = []
    for sample in seen:
        fit = fit_customers(columns[sample.label], sample.title)
        other = fit_events(columns[sample.label], sample.title, key=None, tables=_events())
        if fit is not None:
            against = (other.score if other else 0.0) + (_EXPORT if sample.label in exports else 0.0)
            ranked.append((fit.score - against, sample, fit))
    best = max(ranked, key=lambda entry: entry[0], default=None)
    return None if best is None else Found(best[1], columns[best[1].label], best[2])


def _place(
    backend: GuardedBackend,
    sample: Sample,
    columns: dict[str, Column],
    exports: Sequence[Recognised],
    tables: dict[str, Found],
    unused: dict[str, str],
) -> None:
    """Find the tables and the key of a file, or say why it is not used."""
    reasons: dict[str, str] = {}
    tried: list[Recognised | None] = [*exports] or [None]
    for export in tried:
        try:
            found = _found_in(backend, sample, columns, export, tables[_CUSTOMERS])
        except SilentNPSError as error:
            found = str(error)
        reason = found if isinstance(found, str) else _take(found, tables, unused)
        if reason:
            reasons[export.table if export else ""] = reason
    if len(reasons) == len(tried):
        unused[sample.label] = "; ".join(dict.fromkeys(reasons.values()))
    elif _RESPONSES in reasons:
        unused[f"{sample.label} as {_RESPONSES}"] = reasons[_RESPONSES]


def _take(found: Found, tables: dict[str, Found], unused: dict[str, str]) -> str:
    """Take a file for its table unless another fits that better; then return which one."""
    name = found.fit.table
    before = tables.get(name)
    if before is not None and before.fit.score >= found.fit.score:
        return _second(name, before.sample.label)
    tables[name] = found
    if before is not None and all(other.sample is not before.sample for other in tables.values()):
        unused[before.sample.label] = _second(name, found.sample.label)
    return ""


def _found_in(
    backend: GuardedBackend,
    sample: Sample,
    columns: dict[str, Column],
    export: Recognised | None,
    customers: Found,
) -> Found | str:
    if export is None:
        return _plain(backend, sample, columns, customers)
    own = customers.fit.columns[CUSTOMER]
    read = read_export(backend, sample, export, customers.sample.source, customers.columns, own=own)
    seen = profile(backend, read.source, sampled(backend, read.source))
    if not any(column.n for column in seen.values()):
        return f"none of its rows is one of {export.table}"
    found = Found(sample, seen, Fit(export.table, read.columns, _BY_PRESET), read.key, read.preset)
    return _settled(backend, found, read.source)


def _plain(backend: GuardedBackend, sample: Sample, columns: dict[str, Column], customers: Found) -> Found | str:
    """Return what a file of no known program is, or why it is not used."""
    own = customers.fit.columns[CUSTOMER]
    key = key_of(backend, sample.rows, columns, customers.sample.source, customers.columns, own=own)
    fit = fit_events(columns, sample.title, key=key.column if key else None, tables=_events())
    if fit is None:
        return _misfit(nearly_fits(columns, sample.title), columns)
    if key is None:
        return (
            f"it looks like {fit.table}, but no column has values that are customers' ids or e-mail addresses in"
            f" {customers.sample.label}"
        )
    return _settled(backend, Found(sample, columns, fit, key), sample.source)


def _with_all_ids(backend: GuardedBackend, sample: Sample, columns: dict[str, Column]) -> dict[str, Column]:
    """Return the columns of a file; whether an id of customers repeats is known of all rows."""
    if sample.n_rows <= SAMPLE_ROWS:
        return columns
    ids = [name for name, said in key_columns(columns).items() if said > 0 and columns[name].unique]
    return with_all_ids(backend, sample.source, columns, ids)


def _settled(backend: GuardedBackend, found: Found, source: Source) -> Found:
    """Return a table whose used columns are known by all rows of `source`."""
    table = TABLES[found.fit.table]
    kinds = {name: kind for canonical, name in found.fit.columns.items() if (kind := table.kind_of(canonical))}
    return replace(found, columns=settled(backend, source, found.columns, kinds))


def _events() -> Collection[str]:
    return [name for name in TABLES if name not in (_CUSTOMERS, "campaigns")]


def _second(table: str, other: str) -> str:
    return f"it looks like {table}, and {other} fits that table better"


def _misfit(near: Fit | None, columns: dict[str, Column]) -> str:
    has = f"its columns are {listed(columns)}"
    if near is None:
        return f"no column means anything to silentnps; {has}"
    return f"it is nearest to {near.table}, but no column is {' or '.join(near.missing)}; {has}"


def _nobody(unused: dict[str, str], seen: Sequence[str]) -> ConfigError:
    reasons = "; ".join(f"{label}: {reason.rstrip('.')}" for label, reason in unused.items())
    looked = f"{listed(seen)}, where no column of different values is called customer_id, email or the like"
    return ConfigError(
        "one of the files must have one row per customer, with a number or an e-mail address;"
        f" got {looked if seen else 'none'}. {f'Not read: {reasons}. ' if reasons else ''}Add their list."
    )
