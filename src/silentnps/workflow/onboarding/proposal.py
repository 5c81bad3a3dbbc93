"""The proposed configuration: what is chosen, why, and of what nobody can be sure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from silentnps.counts import counted
from silentnps.data.files.names import as_yaml, listed, quoted
from silentnps.features.catalog import CATALOG, Role
from silentnps.features.engine.missing_features import missing_features
from silentnps.schema import TABLES
from silentnps.workflow.onboarding.keys import EMAIL
from silentnps.workflow.onboarding.looked import Found, Looked
from silentnps.workflow.onboarding.mapping import CUSTOMER
from silentnps.workflow.onboarding.money import currencies_of, unread_currencies, where_currencies_are
from silentnps.workflow.onboarding.profiles import Column
from silentnps.workflow.onboarding.questions import Answers, amounts_in_doubt, days_in_doubt, times_without_zone
from silentnps.workflow.onboarding.recognised import Recognised
from silentnps.workflow.onboarding.roles import Roles, propose_roles
from silentnps.workflow.onboarding.samples import Sample
from silentnps.workflow.onboarding.waves import Waves

_SURE_SHARE = 0.9


@dataclass(frozen=True)
class Line:
    """One setting: its value in YAML, the reason, and whether somebody should look at it."""

    value: str
    reason: str
    unsure: bool = False


@dataclass(frozen=True)
class Proposal:
    """A whole configuration.

    `tables` has by table the lines of its section and, under `columns`, those of its columns; `notes` are further
    things of which nobody can be sure; `unused` has the files that are not used, and why.
    """

    name: str
    tables: dict[str, dict[str, Any]]
    timezone: Line | None
    roles: Roles
    waves: Waves
    currencies: Line | None = None
    notes: tuple[str, ...] = ()
    unused: dict[str, str] = field(default_factory=dict)

    @property
    def unsure(self) -> list[str]:
        """Return what somebody should look at, one sentence each."""
        lines = [
            f"tables.{table}.{key}: {line.value} ({line.reason})"
            for table, section in self.tables.items()
            for key, line in _flat(section).items()
            if line.unsure
        ]
        waves = [f"waves: {self.waves.yaml or 'one wave'} ({self.waves.reason})"] if self.waves.unsure else []
        shadows = [
            f"features.shadow_features: {as_yaml(name)} ({why})" for name, why in self.roles.shadow_features.items()
        ]
        return [*lines, *waves, *shadows, *self.notes]

    def families_of(self, role: Role) -> list[str]:
        """Return the families of the features of a role that the columns of the tables give."""
        return families_of(role, {table: set(section["columns"]) for table, section in self.tables.items()})

    def with_waves(self, waves: Waves) -> Proposal:
        """Return the same proposal with these waves."""
        return replace(self, waves=waves)


def propose(looked: Looked, answers: Answers, *, name: str) -> Proposal:
    """Return the configuration of the files, in which every question has its answer."""
    keys = {
        found.key.form: found.key.theirs
        for found in looked.tables.values()
        if found.key and found.key.form is not None
    }
    tables = {table: _section(table, found, answers, keys) for table, found in looked.tables.items()}
    customers = looked.customers
    roles = propose_roles(customers.columns, taken={*customers.fit.columns.values(), *keys.values()})
    notes, waves = (*_notes(looked, answers), *_of_shadows(looked, roles)), Waves("", "not looked at")
    money = _currencies(looked, answers)
    return Proposal(name, tables, _zone(looked, answers), roles, waves, money, notes, looked.unused)


def families_of(role: Role, columns: Mapping[str, Collection[str]]) -> list[str]:
    """Return the families of the features of a role that tables with these columns give, in alphabetical order.

    >>> families_of("shadow", {"orders": {"delivered_at", "promised_at"}})
    ['delivery']
    >>> families_of("shadow", {"orders": {"fulfilled_at"}})
    ['delivery']
    """
    missing = {name for names in missing_features(columns).values() for name in names}
    return sorted({f.family for name, f in CATALOG.items() if f.role == role and name not in missing})


def _section(table: str, found: Found, answers: Answers, keys: Mapping[str, str]) -> dict[str, Any]:
    sample = found.sample
    rows = f"{counted(sample.n_rows, 'row')}{f' in {len(sample.files)} files' if len(sample.files) > 1 else ''}"
    section: dict[str, Any] = {sample.key: Line(as_yaml(sample.path), rows)}
    if sample.table is not None:
        section["table"] = Line(as_yaml(sample.table), "one of its tables")
    if found.preset is not None:
        section |= _of_preset(found.preset, sample)
    if found.key is not None and found.key.form is not None:
        section["identified_by"] = Line(found.key.form, _of_key(found))
    if days_in_doubt(found):
        said = f"said; nothing in {listed(days_in_doubt(found))} proves it"
        section["day_first"] = Line(str(answers.day_first).lower(), said)
    if amounts_in_doubt(table, found):
        said = f"said; nothing in {listed(amounts_in_doubt(table, found))} proves it"
        section["decimal"] = Line(f'"{answers.decimal}"', said)
    section["columns"] = _columns(table, found, keys)
    return section


def _of_preset(preset: Recognised, sample: Sample) -> dict[str, Line]:
    """Return the lines on a preset, the further files of its export, and the question that ratings answer."""
    lines = {"preset": Line(preset.name, f"recognised by {listed(preset.recognised_by, most=4)}")}
    if preset.joined:
        places = ", ".join(f"{name}: {_place(other, sample)}" for name, other in preset.joined.items())
        lines["joined"] = Line(f"{{{places}}}", "the further files of the export")
    if preset.questions:
        best, *others = preset.questions
        reason = f"{counted(best.n, 'answer')} from 0 to {best.highest}"
        unsure = any(other.asks == best.asks for other in others) or not best.asks
        lines["question"] = Line(as_yaml(best.name), reason, unsure)
    return lines


def _place(other: Sample, first: Sample) -> str:
    if other.table is None:
        return as_yaml(other.path)
    table = f"table: {as_yaml(other.table)}"
    same = (other.key, other.path) == (first.key, first.path)
    return f"{{{table}}}" if same else f"{{{other.key}: {as_yaml(other.path)}, {table}}}"


def _columns(table: str, found: Found, keys: Mapping[str, str]) -> dict[str, Line]:
    lines = {}
    for canonical, user in found.fit.columns.items():
        column, unsure = found.columns[user], canonical in found.fit.doubts
        reason = _looks(column)
        if canonical == CUSTOMER and found.key is not None:
            reason, unsure = _of_key(found), found.key.share < _SURE_SHARE
        lines[canonical] = Line(as_yaml(user), reason, unsure)
    if not TABLES[table].extra_columns:
        return lines
    for key, user in sorted(keys.items()):
        if key == EMAIL and user != found.fit.columns[CUSTOMER]:
            lines[key] = Line(as_yaml(user), "the e-mail addresses by which other tables find customers")
        elif key != EMAIL:
            lines[key] = Line(as_yaml(user), "the ids by which other tables find customers")
    return lines


def _of_key(found: Found) -> str:
    assert found.key is not None
    return f"{100 * found.key.share:.0f} % of its values are in the column {quoted(found.key.theirs)} of customers"


def _looks(column: Column) -> str:
    share = f"filled in {100 * column.filled / max(column.n, 1):.0f} %"
    if column.is_time:
        return f"{_times(column)}, {share}"
    return f"{counted(len(column.levels), 'value')}, {share}" if column.levels else share


def _times(column: Column) -> str:
    """Return how the times of a column are written, and what shows the order of day and month."""
    if column.since_1970:
        return str(column.dates)
    order = ""
    if column.dates is not None and column.dates.way.startswith("?") and not column.dates.ambiguous:
        place = "first" if column.dates.day_first else "second"
        order = f", written {column.dates}, as only the {place} number is ever above 12"
    return f"times {'without' if column.zoneless else 'with'} a zone{order}"


def _currencies(looked: Looked, answers: Answers) -> Line | None:
    others = [code for code in currencies_of(looked) if code != answers.currency]
    if answers.currency is None or not others:
        return None
    rates = ", ".join(f"{code}: {answers.rates[code]}" for code in others)
    reason = f"said; {where_currencies_are(looked)} has {listed(currencies_of(looked))}"
    return Line(f"{{to: {answers.currency}, rates: {{{rates}}}}}", reason)


def _zone(looked: Looked, answers: Answers) -> Line | None:
    zoneless = times_without_zone(looked)
    if zoneless:
        return Line(str(answers.timezone), f"said; it is that of {listed(zoneless, most=4)}")
    return Line(answers.timezone, "said; waves begin and end in it") if answers.timezone else None


def _notes(looked: Looked, answers: Answers) -> list[str]:
    notes = unread_currencies(looked)
    if answers.currency is not None and not currencies_of(looked):
        notes.append(f"currency: no column names any; all amounts count as {answers.currency}")
    responses = looked.tables.get("responses")
    if responses is None:
        notes.append("tables.responses: no file has ratings, so no model can be trained")
    elif "survey_type" not in responses.fit.columns:
        notes.append(
            "survey_type: all answers count as relational, as no column says which kind of survey they are of"
        )
    return notes


def _of_shadows(looked: Looked, roles: Roles) -> list[str]:
    """Say where the features are few from which the estimate learns whether satisfaction drives answering."""
    families = families_of("shadow", {name: set(found.fit.columns) for name, found in looked.tables.items()})
    if len(families) + len(roles.shadow_features) > 1 or "responses" not in looked.tables:
        return []
    only = f"only {families[0]} is" if families else "nothing is"
    basis = "it alone and cannot test it" if families else "missing at random"
    return [
        f"shadows: {only} known that moves satisfaction but not the wish to answer, so the estimate rests on"
        f" {basis}; returns, tickets, or times of orders (fulfilled_at, or promised_at and delivered_at) would help"
    ]


def _flat(section: Mapping[str, Any]) -> dict[str, Line]:
    columns = {f"columns.{name}": line for name, line in section["columns"].items()}
    return {name: line for name, line in section.items() if name != "columns"} | columns
