"""The sections on value: what a customer's spend is, and who belongs to which account."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from silentnps.config.values import Section, Setting


class EarnedConfig(Section):
    """Which attribute of customers says that they came by recommendation, and with which values, in any case."""

    column: str = Field(min_length=1)
    values: list[Setting] = Field(min_length=1)


class ValueConfig(Section):
    """What counts as a customer's spend in the estimate by spend, and who came by recommendation.

    `spend` is a column of numbers among the features, such as orders_amount_90d or an attribute contract_value, and
    `less` one that is taken off it. By default spend is orders_amount_365d, less returns_refund_amount_365d where
    refunds are known. `earned` is for the earned growth rate.
    """

    spend: str | None = None
    less: str | None = None
    earned: EarnedConfig | None = None

    @model_validator(mode="after")
    def _less_than_what(self) -> ValueConfig:
        if self.less is not None and self.spend is None:
            raise ValueError("must have the key spend where it has less. Add it")
        return self


class AccountsConfig(Section):
    """Which attribute of customers names their account, and how much its customers count.

    `column` becomes no feature. With `role`, an attribute such as job_role, the customers of an account count by
    `weights`, the weight of each role; a role that is not named there counts 1. `weights: spend` counts them by
    what they spent. Without either all count alike.
    """

    column: str = Field(min_length=1)
    role: str | None = None
    weights: Literal["spend"] | dict[Setting, Annotated[float, Field(gt=0, le=1e6)]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _weights_of_roles(self) -> AccountsConfig:
        if isinstance(self.weights, dict) and bool(self.weights) != (self.role is not None):
            raise ValueError("must have the keys role and weights together. Add the other")
        if self.weights == "spend" and self.role is not None:
            raise ValueError("must weigh by role or by spend. Remove the key role, or give weights by role")
        return self
