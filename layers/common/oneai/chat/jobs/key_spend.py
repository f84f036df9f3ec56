"""Compares once a day what OpenRouter reports as the spend of each of our keys with the recorded costs.

A key that spends more than its answers cost has leaked, or is used elsewhere.
"""

from dataclasses import dataclass
from decimal import Decimal

from oneai import log, metrics, settings
from oneai.chat.jobs.reconcile_costs import SamplingSettings
from oneai.errors import OneAIError
from oneai.models import KeySpend, providers
from oneai.postgres import db


@dataclass(frozen=True)
class KeySpendSettings:
    """How much more than recorded a key may spend before operators are alerted, besides the cost drift."""

    key_spend_tolerance_usd: Decimal = Decimal(1)


async def watch_key_spend() -> dict[str, int]:
    """Reads the spend of keys that were not read for a day, and alerts operators about keys that spent too much.

    Returns the counts `keys_read` and `keys_overspent`. A key that OpenRouter refuses is left to the next run; its
    refusal has its own alert.
    """
    (due,) = await db.call("select oneai.openrouter_keys_to_read(%s)", [providers.key_ids()], idempotent=True)
    read_count = overspent_count = 0
    for key_id in due:
        try:
            spend = await providers.fetch_key_spend(key_id)
        except OneAIError as error:
            log.warning("the spend of a key could not be read", key=key_id, code=error.code)
            continue
        read_count += 1
        overspent_count += await _record(key_id, spend)
    return {"keys_read": read_count, "keys_overspent": overspent_count}


async def _record(key_id: str, spend: KeySpend) -> bool:
    (overspent,) = await db.call(
        "select oneai.record_key_reading(%s, %s, %s, %s, %s)",
        [
            key_id,
            spend.label,
            spend.usage_micro_usd,
            settings.read(SamplingSettings).cost_drift_percent,
            int(settings.read(KeySpendSettings).key_spend_tolerance_usd * 1_000_000),
        ],
        idempotent=True,
    )
    if overspent:
        metrics.count(metrics.OPERATOR_ALERTS, of="openrouter_key_spend")
    return bool(overspent)
