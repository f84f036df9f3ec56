"""Actual costs of answers: corrects estimates once the upstream has the cost, and checks a daily sample."""

import asyncio
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from oneai import log, metrics, settings
from oneai.errors import OneAIError
from oneai.models import GenerationStats, providers
from oneai.postgres import db

# The maximum of each for one run; the next run starts a minute later. Every stopped answer has an estimate.
ESTIMATES = 100
SAMPLES = 20
# A request takes at most ten seconds, so that a complete run ends within a minute.
CONCURRENT_REQUESTS = 25


@dataclass(frozen=True)
class SamplingSettings:
    """How many of a day's answers are compared, and by how many percent costs may differ from the recorded ones."""

    bill_sample_percent: Decimal = Decimal(1)
    bill_samples_a_day: int = 200
    cost_drift_percent: Decimal = Decimal(2)


@dataclass
class CostCheck:
    """A generation whose statistics this run fetches."""

    message_id: UUID
    generation_id: str


async def claim_estimates() -> list[CostCheck]:
    """Claims answers with estimated costs: each for 24 hours, at growing intervals.

    No other run has them meanwhile. Those that a run does not complete become due again.
    """
    return await _claim(samples=False, limit=ESTIMATES)


async def correct_costs(checks: list[CostCheck]) -> int:
    """Fetches the statistics of these generations, records each difference once, and returns how many were
    available."""
    semaphore = asyncio.Semaphore(CONCURRENT_REQUESTS)
    return sum(await asyncio.gather(*(_correct_cost(semaphore, check) for check in checks)))


async def compare_sample() -> dict[str, int]:
    """Draws yesterday's sample if it is not drawn yet, compares part of it, and alerts operators about drift.

    Returns the counts `compared` (answers) and `drifted` (samples).
    """
    sampling = settings.read(SamplingSettings)
    await db.call(
        "select oneai.draw_cost_sample(%s, %s)",
        [sampling.bill_sample_percent, sampling.bill_samples_a_day],
        idempotent=True,
    )
    compared = await correct_costs(await _claim(samples=True, limit=SAMPLES))
    (drifted,) = await db.call("select oneai.close_cost_samples(%s)", [sampling.cost_drift_percent])
    for _ in range(drifted):
        metrics.count(metrics.OPERATOR_ALERTS, of="cost_drift")
    return {"compared": compared, "drifted": drifted}


async def fetch_stats(generation_id: str | None) -> GenerationStats | None:
    """The upstream's statistics of a generation; None while it has none, or does not respond."""
    if generation_id is None:
        return None
    try:
        return await providers.fetch_generation_stats(generation_id)
    except OneAIError:
        log.warning("the statistics of a generation could not be fetched", generation_id=generation_id)
        return None


def stats_json(stats: GenerationStats) -> dict[str, Any]:
    """The statistics in the form that SQL functions read (`p_stats`)."""
    usage = stats.usage
    return {
        "model": stats.model,
        "provider": stats.provider,
        "usage": {
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "reasoning_tokens": usage.reasoning_tokens,
            "cached_tokens": usage.cached_tokens,
            "cost_micro_usd": usage.cost_micro_usd or 0,
            "estimated": usage.cost_micro_usd is None,
        },
    }


async def _claim(*, samples: bool, limit: int) -> list[CostCheck]:
    return await db.as_service("select * from oneai.claim_cost_checks(%s, %s)", [samples, limit], CostCheck)


async def _correct_cost(semaphore: asyncio.Semaphore, check: CostCheck) -> bool:
    async with semaphore:
        stats = await fetch_stats(check.generation_id)
        if stats is None or stats.usage.cost_micro_usd is None:
            return False
        try:
            (difference,) = await db.call(
                "select oneai.correct_cost(%s, %s)", [check.message_id, json.dumps(stats_json(stats))], idempotent=True
            )
        except OneAIError:
            log.exception("a cost could not be corrected", message_id=check.message_id)
            return False
        return difference is not None
