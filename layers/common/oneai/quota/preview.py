"""Checks whether units would be granted now, without reserving them."""

from datetime import UTC
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from oneai.errors import QuotaExceeded
from oneai.plans import QuotaKey
from oneai.postgres.db import Principal
from oneai.quota.alternatives import with_alternatives
from oneai.quota.status import QuotaUsage, status


class CheckRequest(BaseModel):
    """The body of `POST /api/quota/check`."""

    model_config = ConfigDict(extra="forbid")

    quota_key: QuotaKey = Field(
        validation_alias=AliasChoices("quota_key", "quotaKey"),
        description="The quota's key. `quotaKey` is accepted too.",
    )
    units: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] = Field(default=1, description="The number of units.")
    refused_as: Literal[200, 429] = Field(
        default=429,
        description="The status of a refusal. Browsers log a 429 to the console as an error, so a page that only shows "
        "the answer sends 200.",
    )


class KeyedQuota(QuotaUsage):
    """A quota and its key."""

    key: str = Field(description="The quota's key.")


class Allowed(BaseModel, defer_build=True):
    """The requested units are available."""

    allowed: Literal[True] = Field(default=True, description="True.")
    quota: KeyedQuota = Field(description="The current quota.")


class NotAllowed(BaseModel, defer_build=True):
    """The requested units are not available."""

    allowed: Literal[False] = Field(default=False, description="False.")
    error: dict[str, Any] = Field(description="The refusal `quota_exceeded`, with its alternatives.")
    request_id: str = Field(description="The request's id.")


async def check(principal: Principal, request: CheckRequest) -> Allowed:
    """Returns the quota that would grant the units. Raises QuotaExceeded with alternatives."""
    quota = (await status(principal)).quotas.get(request.quota_key)
    if quota is not None and request.units <= quota.available:
        return Allowed(quota=KeyedQuota(key=request.quota_key, resets_in=quota.resets_in, **quota.model_dump()))
    nothing = {"used": 0, "reserved": 0, "limit": 0, "of": "workspace"}
    resets_at = None if quota is None else quota.resets_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    refusal = QuotaExceeded(
        retry_after=None if quota is None else quota.resets_in,
        quota_key=request.quota_key,
        **(nothing if quota is None else quota.refusal(request.units)),
        resets_at=resets_at,
        frequency=None if quota is None else quota.frequency,
    )
    raise await with_alternatives(principal, refusal, request.units)
