"""What a request would reserve of quotas, before it is sent."""

from typing import Literal

from pydantic import BaseModel, Field


class QuotedLine(BaseModel, defer_build=True):
    """What would be reserved of one quota."""

    quota_key: str = Field(description="The quota.")
    units: int = Field(
        description="The units to reserve: messages; for `web_searches`, searches; for `tokens`, tokens; for `cost`, "
        "micro-dollars."
    )


class Basis(BaseModel, defer_build=True):
    """How the cost of one answer was estimated."""

    model: str = Field(description="The model that would be used.")
    price_version: str = Field(description="The version of the prices.")
    prompt_tokens: int = Field(description="The estimated tokens of the prompt, including history.")
    answer_tokens: int = Field(description="The maximum tokens of the answer.")
    max_cost_micro_usd: int = Field(description="The maximum cost of the answer, in micro-dollars.")
    web_searches: int = Field(default=0, description="How often the answer may search the web.")
    web_search_micro_usd: int = Field(
        default=0, description="The price of these searches, in micro-dollars; a part of the maximum cost."
    )
    paid_by: Literal["own_key", "plan", "credits"] = Field(
        default="plan", description="The source that would pay it; of several pages, the first."
    )
    credits_micro_usd: int = Field(default=0, description="Its maximum price in credits, in micro-dollars.")


class Quote(BaseModel, defer_build=True):
    """What a question would reserve if it were sent now, and whether that is available."""

    allowed: bool = Field(description="Whether all lines could be reserved now.")
    of: Literal["workspace", "member", "credits", "spending_limit", "own_key"] | None = Field(
        default=None,
        description="Which limit refuses it: that of the workspace, the user's own within a team, the `credits` that "
        "are left, a `spending_limit` of a month, or the workspace's `own_key`, which cannot be used or has reached a "
        "limit; null if allowed.",
    )
    lines: list[QuotedLine] = Field(description="The units to reserve, by quota; none of what credits would pay.")
    credits_micro_usd: int = Field(default=0, description="The credits to hold, in micro-dollars.")
    max_cost_micro_usd: int = Field(description="The maximum cost of all answers, in micro-dollars.")
    basis: list[Basis] = Field(description="How the cost was estimated, an entry for each answer.")
