"""The proposed configuration as commented YAML: each choice with its reason, what is unsure marked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from silentnps.data.files.names import as_yaml
from silentnps.workflow.onboarding.proposal import Line, Proposal

UNSURE = "UNSURE: "
_AT = 60


def config_text(proposal: Proposal) -> str:
    """Return the text of the configuration; with the same files and answers it is the same text."""
    lines = [
        "# Written by `silentnps init`. What begins with UNSURE in a comment is worth a look.",
        "# `silentnps init --check -c FILE` shows what each column became.",
        *_commented(f"name: {proposal.name}", ""),
        *_commented("output: silentnps-out", "everything that is made goes there"),
    ]
    if proposal.timezone is not None:
        lines += _line("timezone", proposal.timezone)
    if proposal.currencies is not None:
        lines += _line("currencies", proposal.currencies)
    lines += ["", "tables:"]
    for table, section in proposal.tables.items():
        lines += _section(table, section)
    lines += [f"  # not used: {_flat(file)} -- {_flat(reason)}" for file, reason in proposal.unused.items()]
    lines += ["", *_waves(proposal), "", *_features(proposal), "", *_segments(proposal)]
    return "\n".join(lines) + "\n"


def _section(table: str, section: Mapping[str, Any]) -> list[str]:
    lines = [f"  {table}:"]
    for key, value in section.items():
        if key != "columns":
            lines += _line(f"    {key}", value)
    if section["columns"] and "preset" in section:
        chosen = ", ".join(f"{name} = {line.value}" for name, line in section["columns"].items())
        lines.append(f"    # columns by the preset: {_flat(chosen)}")
    elif section["columns"]:
        lines.append("    columns:")
        for name, line in section["columns"].items():
            lines += _line(f"      {name}", line)
    return lines


def _waves(proposal: Proposal) -> list[str]:
    waves = proposal.waves
    if not waves.yaml:
        return [f"# waves: one, {_flat(waves.reason)}"]
    return _line("waves", Line(waves.yaml, waves.reason, waves.unsure))


def _features(proposal: Proposal) -> list[str]:
    roles = proposal.roles
    lines = [
        "# Features of the catalogue have their role already. Response drivers move the wish to answer; shadows",
        "# move satisfaction but not, at equal satisfaction, the wish to answer.",
        f"#   response drivers: {_listed(proposal.families_of('response driver'))}",
        f"#   shadows: {_listed(proposal.families_of('shadow'))}",
        "features:",
    ]
    lines += _named("response_drivers", roles.response_drivers, unsure=False)
    lines += _named("shadow_features", roles.shadow_features, unsure=True)
    lines += _named("exclude", roles.exclude, unsure=True)
    return lines if not lines[-1].endswith("features:") else [*lines[:-1], "features: {}"]


def _segments(proposal: Proposal) -> list[str]:
    segments = proposal.roles.segments
    if not segments:
        return ["# estimation.segments: no attribute of customers has 2 to 20 groups"]
    return ["estimation:", *_named("segments", segments, unsure=False)]


def _listed(families: Sequence[str]) -> str:
    return ", ".join(families) or "none"


def _named(key: str, names: Mapping[str, str], *, unsure: bool) -> list[str]:
    if not names:
        return []
    lines = [f"  {key}:"]
    for name, reason in names.items():
        lines += _commented(f"    - {as_yaml(name)}", f"{UNSURE if unsure else ''}{reason}")
    return lines


def _line(key: str, line: Line) -> list[str]:
    return _commented(f"{key}: {line.value}", f"{UNSURE if line.unsure else ''}{line.reason}")


def _commented(text: str, comment: str) -> list[str]:
    return [f"{text.ljust(_AT)}  # {_flat(comment)}" if comment else text]


def _flat(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def unsure_lines(items: Iterable[str]) -> list[str]:
    """Return sentences on what is unsure as the summary lists them."""
    return [f"  - {_flat(item)}" for item in items]
