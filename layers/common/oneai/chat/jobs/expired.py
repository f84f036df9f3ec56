"""Settles expired answers, whose process died: every reader that finds one does, and a job every minute."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from oneai import log
from oneai.chat.jobs.reconcile_costs import (
    CONCURRENT_REQUESTS,
    claim_estimates,
    correct_costs,
    fetch_stats,
    stats_json,
)
from oneai.chat.turn.settle import expire_answer
from oneai.errors import OneAIError
from oneai.postgres import db

# The maximum for one run of the job; the next run starts a minute later.
BATCH = 100


@dataclass
class OpenAnswer:
    """An expired answer that is not settled yet."""

    id: UUID
    generation_id: str | None


async def settle_open_answers() -> dict[str, int]:
    """The job: settles every expired answer, gives back credits that are held for none, and corrects estimated costs
    with the upstream's.

    Returns the counts `settled` and `corrected`. It can be restarted and run concurrently. An answer that cannot be
    settled does not delay the others.
    """
    answers = await db.as_service(
        """
        select r.id, m.generation_id from oneai.reservations as r
        left join oneai.chat_messages as m on m.id = r.id
        where r.settled_at is null and r.held_until <= oneai.now() order by r.held_until limit %s
        """,
        [BATCH],
        OpenAnswer,
    )
    await db.call("select oneai.release_lost_holds(%s)", [BATCH], idempotent=True)
    await db.call("select oneai.settle_lost_key_holds(%s)", [BATCH], idempotent=True)
    # Claimed before the answers are settled: if the upstream does not know them now, it will in a minute.
    estimates = await claim_estimates()
    settled_count, corrected_count = await asyncio.gather(_settle_all(answers), correct_costs(estimates))
    return {"settled": settled_count, "corrected": corrected_count}


async def _settle_all(answers: list[OpenAnswer]) -> int:
    semaphore = asyncio.Semaphore(CONCURRENT_REQUESTS)
    return sum(await asyncio.gather(*(_settle(semaphore, answer) for answer in answers)))


async def _settle(semaphore: asyncio.Semaphore, answer: OpenAnswer) -> bool:
    async with semaphore:
        try:
            stats = await fetch_stats(answer.generation_id)
            return await expire_answer(answer.id, None if stats is None else stats_json(stats))
        except OneAIError:
            log.exception("an expired answer could not be settled", message_id=answer.id)
            return False
