"""Whether so many units would be granted just now: a look and no promise."""

from datetime import UTC
from typing import Annotated, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from oneai.errors import QuotaExceeded
from oneai.plans import QuotaKey
from oneai.postgres.db import Person
from oneai.quota.alternatives import with_alternatives
from oneai.quota.status import QuotaUsage, status


class CheckRequest(BaseModel):
    """The body of `POST /api/quota/check`."""

    model_config = ConfigDict(extra="forbid")

    quota_key: QuotaKey = Field(
        validation_alias=AliasChoices("quota_key", "quotaKey"), description="The quota. `quotaKey` is read as well."
    )
    units: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] = Field(default=1, description="How many units.")


class KeyedQuota(QuotaUsage):
    """A quota and its key."""

    key: str = Field(description="The quota's key.")


class Allowed(BaseModel):
    """So many units are left."""

    allowed: Literal[True] = Field(default=True, description="Always true: a refusal is a 429.")
    quota: KeyedQuota = Field(description="The quota as it is.")


async def check(person: Person, asked: CheckRequest) -> Allowed:
    """The quota that would grant it. Raises QuotaExceeded, with what else the person can do."""
    found = (await status(person)).quotas.get(asked.quota_key)
    if found is not None and asked.units <= found.limit + found.grace_units - found.used - found.reserved:
        return Allowed(quota=KeyedQuota(key=asked.quota_key, resets_in=found.resets_in, **found.model_dump()))
    resets_at = None if found is None else found.resets_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    refusal = QuotaExceeded(
        retry_after=None if found is None else found.resets_in,
        quota_key=asked.quota_key,
        used=0 if found is None else found.used,
        reserved=0 if found is None else found.reserved,
        limit=0 if found is None else found.limit,
        resets_at=resets_at,
        frequency=None if found is None else found.frequency,
    )
    raise await with_alternatives(person, refusal, asked.units)
