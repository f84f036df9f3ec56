"""Which source paid an answer, as receipts say it."""

from typing import Literal

from pydantic import BaseModel, Field


class PaidBy(BaseModel):
    """The source that paid an answer whole."""

    source: Literal["plan", "credits"] = Field(description="`plan`: units of the plan; `credits`: prepaid credits.")
    units: int | None = Field(description="The units of the plan; null if credits paid.")
    micro_usd: int | None = Field(description="Credits in micro-dollars; null if the plan paid.")
