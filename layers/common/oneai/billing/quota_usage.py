"""Usage of quotas since a payment: the only input of a projection that only Postgres has."""

import json
from collections.abc import Iterable
from typing import Any

from oneai.billing.record import BillingRecord, QuotaUse, UsageQuery
from oneai.postgres.db import Transaction


async def add_usage(tx: Transaction, record: BillingRecord, queries: Iterable[UsageQuery]) -> None:
    """Adds to the record the usage of every quota key that the tiers grant; an erased user has none."""
    asked = sorted(queries)
    spans = [{"tier": each.tier, "since": each.since.isoformat(), "until": each.until.isoformat()} for each in asked]
    used: list[list[dict[str, Any]]] = [[] for _ in asked]
    if record.workspace_id is not None:
        (used,) = await tx.call("select oneai.quota_usage(%s, %s)", [record.workspace_id, json.dumps(spans)])
    read = {query: tuple(QuotaUse(**row) for row in rows) for query, rows in zip(asked, used, strict=True)}
    record.usage = {**record.usage, **read}
