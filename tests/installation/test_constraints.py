"""The pins of the run time are those of development, whole, hashed and without an address."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import requires

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from projects import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PLATFORMS = [
    {"python_version": version, "python_full_version": f"{version}.0", "sys_platform": system}
    for version in ("3.11", "3.12", "3.13", "3.14")
    for system in ("linux", "darwin")
]


def pins(name: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Return the pinned requirement and the hashes of each package of a file of constraints."""
    text = (ROOT / name).read_text(encoding="utf-8")
    entries = re.findall(r"^([a-z0-9-]+)(==\S+.*?) \\\n((?: +--hash=\S+(?: \\)?\n)+)", text, re.MULTILINE)
    return {package: (pin, frozenset(re.findall("sha256:[0-9a-f]{64}", lines))) for package, pin, lines in entries}


RUN, ALL = pins("constraints-run.txt"), pins("constraints.txt")


@pytest.mark.parametrize("name", ["constraints-run.txt", "constraints.txt"])
def test_every_line_is_a_pin_a_hash_or_a_comment_and_none_has_an_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    named = re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE)
    assert set(named) == set(pins(name))
    assert all(hashes for _, hashes in pins(name).values())
    usual = re.compile(r"[a-z0-9-]+==|    --hash=sha256:| *#|$")
    odd = [line for line in text.splitlines() if not usual.match(line)]
    assert not odd
    assert not re.search(r"://|/", text)


def test_the_run_time_has_the_versions_and_the_hashes_of_development() -> None:
    assert {name: ALL.get(name) for name in RUN} == RUN


def test_the_run_time_has_every_dependency_and_nothing_of_the_extras_alone() -> None:
    direct = {canonicalize_name(Requirement(each).name) for each in PROJECT["project"]["dependencies"]}
    assert direct <= set(RUN)
    extras = PROJECT["project"]["optional-dependencies"]
    optional = {canonicalize_name(Requirement(each).name) for names in extras.values() for each in names}
    building = {"hatchling", "editables"}  # `make demo` installs the checkout itself
    assert building <= set(RUN)
    assert not (optional - building) & set(RUN)


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda each: f"{each['sys_platform']}-{each['python_version']}")
def test_whatever_a_pinned_package_needs_is_pinned_on_every_python(platform: dict[str, str]) -> None:
    environment = {**default_environment(), **platform}
    waiting = [Requirement(each) for each in PROJECT["project"]["dependencies"]]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        assert name in RUN, f"{name} is needed on {platform}"
        if (name, frozenset(wanted.extras)) in seen:
            continue
        seen.add((name, frozenset(wanted.extras)))
        for each in map(Requirement, requires(name) or ()):
            extras = wanted.extras or {""}
            if each.marker is None or any(each.marker.evaluate({**environment, "extra": e}) for e in extras):
                waiting.append(each)
