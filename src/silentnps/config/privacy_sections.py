"""The section on privacy: what is done with customers who opted out, and the key of hashed ids."""

from __future__ import annotations

from pydantic import Field

from silentnps.config.values import Section


class OptedOutConfig(Section):
    """What may be done with customers who opted out (`opted_out` of customers).

    `score`: they get scores and reasons; `plan`: they are called; `act`: they are on lists of actions; `train`:
    their answers fit the models; `count`: the estimate of the base counts them, as customers who were never
    invited. Without `count` nothing is computed of them, whatever the other keys say.
    """

    score: bool = False
    plan: bool = False
    act: bool = False
    train: bool = False
    count: bool = True


class PrivacyConfig(Section):
    """Opt-outs, and the environment variable with the key of hashed ids; without one the key is in `output`."""

    opted_out: OptedOutConfig = OptedOutConfig()
    key_variable: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
