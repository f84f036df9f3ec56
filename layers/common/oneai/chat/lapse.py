"""Answers whose process died: settled by whoever touches them, and by a job every minute."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from oneai import db, log, openrouter
from oneai.errors import OneAIError
from oneai.openrouter import Bill

# One run of the job takes this many of each kind; the next run comes in a minute.
BATCH = 100
AT_ONCE = 10


@dataclass
class Open:
    """An answer that is to be settled, or whose estimated cost is to be corrected."""

    id: UUID
    generation_id: str | None
    outcome: str


async def settle_lapsed(message_id: UUID, bill: Bill | None = None) -> bool:
    """Settles the answer if its lease ran out; false when it had not, or somebody else was first."""
    told = None if bill is None else json.dumps(_told(bill))
    (settled,) = await db.call("select oneai.settle_lapsed(%s, %s)", [message_id, told], idempotent=True)
    if settled:
        log.count("OperatorAlert", kind="reservation_lapsed")
    return bool(settled)


async def settle_open_answers() -> dict[str, int]:
    """The job: settles every lapsed answer, and asks the upstream what estimated ones really cost.

    Returns how many were `settled` and `corrected`. Restartable; running twice at once changes nothing; an answer that
    cannot be settled keeps none of the others waiting.
    """
    lapsed = await db.as_service(
        """
        select r.id, m.generation_id, 'truncated' as outcome from oneai.reservations as r
        left join oneai.chat_messages as m on m.id = r.id
        where r.settled_at is null and r.held_until <= oneai.now() order by r.held_until limit %s
        """,
        [BATCH],
        Open,
    )
    estimated = await db.as_service(
        """
        select e.message_id as id, e.generation_id, e.outcome from oneai.usage_events as e
        where e.estimated and e.generation_id is not null and e.purpose = 'answer'
          and e.created_at > oneai.now() - interval '1 hour'
          and not exists (
            select from oneai.usage_events as c where c.message_id = e.message_id and c.purpose = 'correction')
        order by e.created_at limit %s
        """,
        [BATCH],
        Open,
    )
    gate = asyncio.Semaphore(AT_ONCE)
    settled = await asyncio.gather(*(_settle(gate, one) for one in lapsed))
    corrected = await asyncio.gather(*(_correct(gate, one) for one in estimated))
    return {"settled": sum(settled), "corrected": sum(corrected)}


async def _settle(gate: asyncio.Semaphore, lapsed: Open) -> bool:
    async with gate:
        try:
            return await settle_lapsed(lapsed.id, await _bill(lapsed.generation_id))
        except OneAIError:
            log.exception("a lapsed answer could not be settled", message_id=lapsed.id)
            return False


async def _correct(gate: asyncio.Semaphore, estimated: Open) -> bool:
    async with gate:
        bill = await _bill(estimated.generation_id)
        if bill is None or bill.usage.cost_micro_usd is None:
            return False
        outcome = {"content": "", "state": estimated.outcome, **_told(bill)}
        try:
            await db.call("select oneai.settle(%s, %s)", [estimated.id, json.dumps(outcome)], idempotent=True)
        except OneAIError:
            log.exception("an estimate could not be corrected", message_id=estimated.id)
            return False
        return True


async def _bill(generation_id: str | None) -> Bill | None:
    if generation_id is None:
        return None
    try:
        return await openrouter.generation(generation_id)
    except OneAIError:
        log.warning("the upstream could not be asked what a generation cost", generation_id=generation_id)
        return None


def _told(bill: Bill) -> dict[str, Any]:
    usage = bill.usage
    return {
        "model": bill.model,
        "provider": bill.provider,
        "usage": {
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "reasoning_tokens": usage.reasoning_tokens,
            "cached_tokens": usage.cached_tokens,
            "cost_micro_usd": usage.cost_micro_usd or 0,
            "estimated": usage.cost_micro_usd is None,
        },
    }
