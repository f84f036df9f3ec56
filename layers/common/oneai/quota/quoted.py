"""What something would hold of quotas, before it is requested."""

from pydantic import BaseModel, Field


class QuotedLine(BaseModel, defer_build=True):
    """What would be reserved of one quota."""

    quota_key: str = Field(description="The quota.")
    units: int = Field(
        description="What would be reserved of it: messages, under `tokens` tokens, under `cost` micro-dollars."
    )


class Basis(BaseModel, defer_build=True):
    """How the cost of one answer was estimated."""

    model: str = Field(description="The model that would be asked.")
    price_version: str = Field(description="Names the prices of that moment.")
    prompt_tokens: int = Field(description="The estimated tokens of the prompt, history included.")
    answer_tokens: int = Field(description="The most tokens the answer may have.")
    max_cost_micro_usd: int = Field(description="What the answer may cost at most, in micro-dollars.")


class Quote(BaseModel, defer_build=True):
    """What a question would hold if it were sent just now, and whether that is there."""

    allowed: bool = Field(description="Whether all lines could be reserved just now.")
    lines: list[QuotedLine] = Field(description="What would be reserved, by quota.")
    max_cost_micro_usd: int = Field(description="What all answers may cost at most, in micro-dollars.")
    basis: list[Basis] = Field(description="How that was estimated, an entry for each answer.")
