"""What answers really cost: estimates are corrected once the upstream knows, and a daily sample is compared with it."""

import asyncio
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from oneai import log, settings
from oneai.clients import openrouter
from oneai.clients.openrouter import Bill
from oneai.errors import OneAIError
from oneai.postgres import db

# One run takes so many of each; the next comes in a minute. Estimates are many where people like to stop answers.
ESTIMATES = 100
SAMPLES = 20
# So many questions are open at the upstream at a time, each for ten seconds at most: a run of a minute gets through.
AT_ONCE = 25


@dataclass(frozen=True)
class Sampling:
    """How many of a day's answers are compared, and how far bills may be from what was recorded, in percent of it."""

    bill_sample_percent: Decimal = Decimal(1)
    bill_samples_a_day: int = 200
    cost_drift_percent: Decimal = Decimal(2)


@dataclass
class Claimed:
    """A generation that this run asks about."""

    message_id: UUID
    generation_id: str


async def claim_estimates() -> list[Claimed]:
    """Estimated answers whose upstream is to be asked again: each for 24 hours, and ever more rarely.

    Nobody else asks about them meanwhile; whatever a run leaves behind is due again a while later.
    """
    return await _claim(samples=False, most=ESTIMATES)


async def enter_bills(claimed: list[Claimed]) -> int:
    """Asks for these bills and enters what they say otherwise than we, each once; how many came."""
    gate = asyncio.Semaphore(AT_ONCE)
    return sum(await asyncio.gather(*(_enter(gate, one) for one in claimed)))


async def compare_sample() -> dict[str, int]:
    """Draws yesterday's sample unless that is done, compares some of it, and tells operators of samples that drifted.

    Returns how many answers were `compared` and how many samples had `drifted`.
    """
    wanted = settings.read(Sampling)
    await db.call(
        "select oneai.draw_cost_sample(%s, %s)",
        [wanted.bill_sample_percent, wanted.bill_samples_a_day],
        idempotent=True,
    )
    compared = await enter_bills(await _claim(samples=True, most=SAMPLES))
    (drifted,) = await db.call("select oneai.close_cost_samples(%s)", [wanted.cost_drift_percent])
    for _ in range(drifted):
        log.count("OperatorAlert", kind="cost_drift")
    return {"compared": compared, "drifted": drifted}


async def ask(generation_id: str | None) -> Bill | None:
    """The upstream's bill for a generation; None while it has none, or cannot be asked."""
    if generation_id is None:
        return None
    try:
        return await openrouter.generation(generation_id)
    except OneAIError:
        log.warning("the upstream could not be asked what a generation cost", generation_id=generation_id)
        return None


def told(bill: Bill) -> dict[str, Any]:
    """A bill as SQL functions read it."""
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


async def _claim(*, samples: bool, most: int) -> list[Claimed]:
    return await db.as_service("select * from oneai.claim_cost_checks(%s, %s)", [samples, most], Claimed)


async def _enter(gate: asyncio.Semaphore, claimed: Claimed) -> bool:
    async with gate:
        bill = await ask(claimed.generation_id)
        if bill is None or bill.usage.cost_micro_usd is None:
            return False
        try:
            (difference,) = await db.call(
                "select oneai.correct_cost(%s, %s)", [claimed.message_id, json.dumps(told(bill))], idempotent=True
            )
        except OneAIError:
            log.exception("a bill could not be entered", message_id=claimed.message_id)
            return False
        return difference is not None
