"""Answers whose process died: settled by whoever touches them, and by a job every minute."""

import asyncio
import json
from dataclasses import dataclass
from uuid import UUID

from oneai import log
from oneai.chat.jobs.reconcile_costs import AT_ONCE, ask, claim_estimates, enter_bills, told
from oneai.clients.openrouter import Bill
from oneai.errors import OneAIError
from oneai.postgres import db

# One run of the job takes so many; the next run comes in a minute.
BATCH = 100


@dataclass
class Open:
    """An answer that is to be settled."""

    id: UUID
    generation_id: str | None


async def expire_answer(message_id: UUID, bill: Bill | None = None) -> bool:
    """Settles the answer if its lease ran out; false when it had not, or somebody else was first."""
    known = None if bill is None else json.dumps(told(bill))
    (settled,) = await db.call("select oneai.expire_answer(%s, %s)", [message_id, known], idempotent=True)
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
        select r.id, m.generation_id from oneai.reservations as r
        left join oneai.chat_messages as m on m.id = r.id
        where r.settled_at is null and r.held_until <= oneai.now() order by r.held_until limit %s
        """,
        [BATCH],
        Open,
    )
    # Before those that lapsed are settled: what the upstream does not know of them now, it will in a minute.
    estimated = await claim_estimates()
    settled, corrected = await asyncio.gather(_settle_all(lapsed), enter_bills(estimated))
    return {"settled": settled, "corrected": corrected}


async def _settle_all(lapsed: list[Open]) -> int:
    gate = asyncio.Semaphore(AT_ONCE)
    return sum(await asyncio.gather(*(_settle(gate, one) for one in lapsed)))


async def _settle(gate: asyncio.Semaphore, lapsed: Open) -> bool:
    async with gate:
        try:
            return await expire_answer(lapsed.id, await ask(lapsed.generation_id))
        except OneAIError:
            log.exception("a lapsed answer could not be settled", message_id=lapsed.id)
            return False
