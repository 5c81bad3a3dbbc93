"""The section on value: what a customer's spend is."""

from __future__ import annotations

from pydantic import model_validator

from silentnps.config.values import Section


class ValueConfig(Section):
    """What counts as a customer's spend in the estimate by spend.

    `spend` is a column of numbers among the features, such as orders_amount_90d or an attribute contract_value, and
    `less` one that is taken off it. By default spend is orders_amount_365d, less returns_refund_amount_365d where
    refunds are known.
    """

    spend: str | None = None
    less: str | None = None

    @model_validator(mode="after")
    def _less_than_what(self) -> ValueConfig:
        if self.less is not None and self.spend is None:
            raise ValueError("must have the key spend where it has less. Add it")
        return self
