"""The playbook: what to do, by class and key driver, with who does it, how much work it is, how and when."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from silentnps.actions.drivers import known_drivers
from silentnps.config.values import did_you_mean
from silentnps.config.yaml_text import read_yaml, shown
from silentnps.errors import ConfigError

ANY = "any"
Cadence = Literal["at once", "2-2-2", "3-3-3"]
Effort = Literal["low", "medium", "high"]
DEFAULT = Path(__file__).with_name("playbook.yaml")


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _known(drivers: tuple[str, ...]) -> tuple[str, ...]:
    for driver in drivers:
        if driver != ANY and driver not in known_drivers():
            hint = did_you_mean(driver, list(known_drivers()))
            known = ", ".join((*known_drivers(), ANY))
            raise ValueError(f"driver must be one of {known}; got {shown(driver[:40])!r}.{hint}")
    return drivers


_Words = Annotated[str, Field(min_length=1, max_length=500)]


class Rule(BaseModel):
    """What to do about customers whose key driver is one of `driver`; `channel` is how, unless they answer to
    another."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    driver: Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_known), Field(min_length=1)]
    action: _Words
    owner: _Words
    effort: Effort
    channel: _Words
    cadence: Cadence

    def applies(self, driver: str) -> bool:
        """Return whether the rule is for a driver."""
        return ANY in self.driver or driver in self.driver


Rules = Annotated[tuple[Rule, ...], Field(min_length=1)]


class Playbook(BaseModel):
    """The rules by class, and those of customers who are surveyed; the first that applies counts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    detractor: Rules
    passive: Rules
    promoter: Rules
    survey: Rules

    @model_validator(mode="after")
    def _each_is_reached(self) -> Playbook:
        for name in Playbook.model_fields:
            _refuse_unreached(name, self.rules_of(name))
        return self

    def rules_of(self, name: str) -> tuple[Rule, ...]:
        """Return the rules of a class, or of `survey`."""
        rules: tuple[Rule, ...] = getattr(self, name)
        return rules

    def drivers_of(self, name: str) -> frozenset[str]:
        """Return the drivers that rules of a class name."""
        return frozenset(driver for rule in self.rules_of(name) for driver in rule.driver) - {ANY}

    def rule_of(self, name: str, driver: str) -> Rule:
        """Return the rule for customers of a class with a driver."""
        return next(rule for rule in self.rules_of(name) if rule.applies(driver))


def read_playbook(path: Path | None = None) -> Playbook:
    """Read a playbook; without a path the one of the package.

    Raises
    ------
    ConfigError
        If it cannot be read, or is no playbook.

    Examples
    --------
    >>> read_playbook().rule_of("detractor", "delivery").owner
    'logistics'
    """
    file = path or DEFAULT
    try:
        return Playbook.model_validate(read_yaml(file))
    except ValidationError as error:
        raise ConfigError(f"{shown(file)}: {shown(_explained(error))}") from None


def _refuse_unreached(name: str, rules: tuple[Rule, ...]) -> None:
    seen: dict[str, int] = {}
    for number, rule in enumerate(rules, start=1):
        if ANY in seen or all(driver in seen for driver in rule.driver):
            first = seen.get(ANY, seen.get(rule.driver[0]))
            raise ValueError(
                f"{name}: rule {number} must be for a driver that no earlier rule takes; got those of rule {first}."
                " Remove it, or move it up"
            )
        seen |= {driver: number for driver in rule.driver if driver not in seen}
    if ANY not in seen:
        raise ValueError(f"{name}: the last rule must have the driver {ANY!r}; got none. Add it")


def _explained(error: ValidationError) -> str:
    return " ".join(_sentences(error))


def _sentences(error: ValidationError) -> Iterator[str]:
    found = error.errors()[0]
    where = _where(found["loc"])
    if found["type"] == "extra_forbidden":
        known = list(Playbook.model_fields) if len(found["loc"]) == 1 else list(Rule.model_fields)
        yield f"unknown key {found['loc'][-1]!r}{where}.{did_you_mean(str(found['loc'][-1]), known)}"
        yield f"Known keys there: {', '.join(known)}."
    elif found["type"] == "missing":
        yield f"the key {found['loc'][-1]!r} is missing{where}. Add it."
    elif found["type"] in {"tuple_type", "model_type", "model_attributes_type", "dict_type"}:
        yield f"{found['loc'][0]} must be a list of rules with the keys {', '.join(Rule.model_fields)}; correct it."
    elif found["type"] == "too_short":
        yield f"{found['loc'][-1]} must have rules; got none. Add one with the driver {ANY!r}{where}."
    elif found["type"] == "literal_error":
        choices = get_args(Rule.model_fields[str(found["loc"][-1])].annotation)
        yield f"{found['loc'][-1]} must be one of {', '.join(choices)}; got {str(found['input'])[:40]!r}{where}."
    else:
        yield f"{found['msg'].removeprefix('Value error, ')}{where}."


def _where(location: tuple[int | str, ...]) -> str:
    """Return the rule that an error is in, in words; empty for none."""
    if len(location) < 2 or not isinstance(location[1], int):
        return ""
    return f" (rule {location[1] + 1} of {location[0]})"
