"""The receipt of an answer: its cost, the charged quota, and later corrections."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.errors import NotFound
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.quota.paid_by import PaidBy, Source

# The version of prices of a model whose price is not known, which an own key may ask.
UNKNOWN_PRICE = "unknown"


class CostCorrection(BaseModel):
    """A later change of tokens and cost."""

    created_at: datetime = Field(description="When it was corrected.")
    prompt_tokens: int = Field(description="The change of prompt tokens.")
    completion_tokens: int = Field(description="The change of answer tokens.")
    cost_micro_usd: int = Field(description="The change of cost, in micro-dollars.")


class Receipt(BaseModel):
    """One answer's bill."""

    message_id: UUID = Field(description="The answer.")
    created_at: datetime = Field(description="When it was settled.")
    outcome: Literal["complete", "stopped", "truncated", "failed"] = Field(description="The result of the answer.")
    chatbot_id: UUID | None = Field(description="The chatbot that you asked in a preview; null for other answers.")
    model_asked: str = Field(description="The requested model.")
    model_served: str | None = Field(description="The model that answered.")
    provider: str | None = Field(description="The provider that ran it.")
    generation_id: str | None = Field(description="OpenRouter's id of the answer.")
    price_version: str = Field(description="The version of the prices when the answer was requested.")
    subscription_tier: str = Field(description="The user's plan at that time.")
    quota_key: str | None = Field(description="The charged quota.")
    charged: int = Field(description="Units charged.")
    prompt_tokens: int = Field(description="Tokens of the prompt, including corrections.")
    completion_tokens: int = Field(description="Tokens of the answer, including corrections.")
    reasoning_tokens: int = Field(description="The reasoning tokens among them.")
    cached_tokens: int = Field(description="Tokens of the prompt from the provider's cache.")
    cost_micro_usd: int = Field(description="The cost in micro-dollars, including corrections.")
    paid_by: PaidBy = Field(description="What paid it.")
    charged_micro_usd: int = Field(
        description="What it was charged: its price in credits, the cost that the owner of the workspace's own key "
        "pays its provider, or the part of its cost that units of the plan paid."
    )
    web_search_requests: int = Field(description="How often the web was searched for it.")
    web_searches_charged: int = Field(description="Searches charged to the quota `web_searches`.")
    web_search_micro_usd: int = Field(description="The part of the cost that these searches are, in micro-dollars.")
    basis: Literal["final", "estimated"] = Field(description="`final` once OpenRouter has reported the cost.")
    corrections: list[CostCorrection] = Field(description="Later changes, oldest first.")


@dataclass
class _EventRow:
    created_at: datetime
    purpose: str
    outcome: Literal["complete", "stopped", "truncated", "failed"]
    chatbot_id: UUID | None
    model_asked: str
    model_served: str | None
    provider: str | None
    generation_id: str | None
    price_version: str
    subscription_tier: str
    quota_key: str | None
    charged: int
    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    cached_tokens: int
    cost_micro_usd: int
    web_search_requests: int
    web_searches_charged: int
    web_search_micro_usd: int
    estimated: bool
    paid_by: Source
    credits_micro_usd: int


async def receipt(principal: Principal, conversation_id: UUID, message_id: UUID) -> Receipt:
    """Returns the receipt of an ended answer. Raises NotFound, also for questions and running answers."""
    events = await db.read_as(
        principal,
        """
        select e.created_at, e.purpose, e.outcome, e.chatbot_id, e.model_asked, e.model_served, e.provider,
          e.generation_id, e.price_version, e.subscription_tier, e.quota_key, e.charged, e.prompt_tokens,
          e.completion_tokens, e.reasoning_tokens, e.cached_tokens, e.cost_micro_usd, e.web_search_requests,
          e.web_searches_charged, e.web_search_micro_usd, e.estimated, e.paid_by, e.credits_micro_usd
        from oneai.receipt_of(%s, %s) as e order by e.id
        """,
        [conversation_id, message_id],
        _EventRow,
    )
    bills = [event for event in events if event.purpose == "answer"]
    if not bills:
        raise NotFound
    bill, corrections = bills[0], [event for event in events if event.purpose == "correction"]
    cost = sum(event.cost_micro_usd for event in events)
    in_credits = sum(event.credits_micro_usd for event in events)
    return Receipt(
        message_id=message_id,
        created_at=bill.created_at,
        outcome=bill.outcome,
        chatbot_id=bill.chatbot_id,
        model_asked=bill.model_asked,
        model_served=bill.model_served,
        provider=bill.provider,
        generation_id=bill.generation_id,
        price_version=bill.price_version,
        subscription_tier=bill.subscription_tier,
        quota_key=bill.quota_key,
        charged=bill.charged,
        prompt_tokens=sum(event.prompt_tokens for event in events),
        completion_tokens=sum(event.completion_tokens for event in events),
        reasoning_tokens=sum(event.reasoning_tokens for event in events),
        cached_tokens=sum(event.cached_tokens for event in events),
        cost_micro_usd=cost,
        paid_by=_paid_by(bill, cost, in_credits),
        charged_micro_usd=_charged(bill, cost, in_credits),
        web_search_requests=bill.web_search_requests,
        web_searches_charged=bill.web_searches_charged,
        web_search_micro_usd=max(min(bill.web_search_micro_usd, cost), 0),
        basis="estimated" if (corrections or [bill])[-1].estimated else "final",
        corrections=[
            CostCorrection(
                created_at=event.created_at,
                prompt_tokens=event.prompt_tokens,
                completion_tokens=event.completion_tokens,
                cost_micro_usd=event.cost_micro_usd,
            )
            for event in corrections
        ],
    )


def _paid_by(bill: _EventRow, cost: int, in_credits: int) -> PaidBy:
    if bill.paid_by == "plan":
        return PaidBy(source="plan", units=bill.charged, micro_usd=None)
    by_owner = None if bill.price_version == UNKNOWN_PRICE else cost
    return PaidBy(source=bill.paid_by, units=None, micro_usd=in_credits if bill.paid_by == "credits" else by_owner)


def _charged(bill: _EventRow, cost: int, in_credits: int) -> int:
    if bill.paid_by == "credits":
        return in_credits
    return cost if bill.charged or bill.paid_by == "own_key" else 0
