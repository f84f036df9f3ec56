"""What one answer cost, who paid, and what was corrected later."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from oneai import db
from oneai.db import Person
from oneai.errors import NotFound


class CostCorrection(BaseModel):
    """A later change of tokens and cost, in micro-dollars, as it was made."""

    created_at: datetime
    prompt_tokens: int
    completion_tokens: int
    cost_micro_usd: int


class Receipt(BaseModel):
    """One answer's bill, corrections included; `basis` is `final` once the upstream itself has named the cost.

    `quota_key` paid `charged` units. `price_version` names the prices the answer was asked at.
    """

    message_id: UUID
    created_at: datetime
    outcome: Literal["complete", "stopped", "truncated", "failed"]
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
    basis: Literal["final", "estimated"]
    corrections: list[CostCorrection]


@dataclass
class _Event:
    created_at: datetime
    purpose: str
    outcome: Literal["complete", "stopped", "truncated", "failed"]
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
    estimated: bool


async def receipt(person: Person, conversation_id: UUID, message_id: UUID) -> Receipt:
    """The receipt of an answer that has ended. Raises NotFound, also for a question and a running answer."""
    events = await db.read_as(
        person,
        """
        select e.created_at, e.purpose, e.outcome, e.model_asked, e.model_served, e.provider, e.generation_id,
          e.price_version, e.subscription_tier, e.quota_key, e.charged, e.prompt_tokens, e.completion_tokens,
          e.reasoning_tokens, e.cached_tokens, e.cost_micro_usd, e.estimated
        from oneai.usage_events as e
        where e.user_id = %s and e.conversation_id = %s
          -- Each arm has a partial index of its own.
          and ((e.message_id = %s and e.purpose = 'answer') or (e.message_id = %s and e.purpose = 'correction'))
        order by e.id
        """,
        [person.user_id, conversation_id, message_id, message_id],
        _Event,
    )
    bills = [event for event in events if event.purpose == "answer"]
    if not bills:
        raise NotFound
    bill, corrections = bills[0], [event for event in events if event.purpose == "correction"]
    return Receipt(
        message_id=message_id,
        created_at=bill.created_at,
        outcome=bill.outcome,
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
        cost_micro_usd=sum(event.cost_micro_usd for event in events),
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
