"""Which source paid an answer, as receipts say it."""

from typing import Literal

from pydantic import BaseModel, Field

Source = Literal["own_key", "plan", "credits"]


class PaidBy(BaseModel):
    """The source that paid an answer whole."""

    source: Source = Field(
        description="`own_key`: the workspace's own key for the provider; `plan`: units of the plan; `credits`: "
        "prepaid credits."
    )
    units: int | None = Field(description="The units of the plan; null if another source paid.")
    micro_usd: int | None = Field(
        description="Credits in micro-dollars, or what the provider takes from the owner of the key by our table of "
        "prices. Null if the plan paid, or the model's price is not known."
    )
