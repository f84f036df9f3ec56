"""Routes for how credits are used."""

from typing import Annotated

from fastapi import APIRouter, Query

from oneai import usage
from oneai.http.fastapi_app import Manager, Spender
from oneai.http.usage_query import Since, Until, Zone
from oneai.usage import credit_use
from oneai.usage.credit_use import (
    CreditLimitList,
    CreditLimits,
    CreditUsage,
    CreditUsageBy,
    PaymentSources,
)

router = APIRouter(tags=["Credits"])

By = Annotated[CreditUsageBy, Query(description="The grouping of `items`.")]


@router.get("/credits/sources", summary="Get what pays answers")
async def get_payment_sources(user: Manager) -> PaymentSources:
    """Returns the order in which the plan and credits pay the answers of the workspace."""
    return await credit_use.read_sources(user)


@router.put("/credits/sources", summary="Set what pays answers")
async def put_payment_sources(user: Spender, body: PaymentSources) -> PaymentSources:
    """Sets the order in which the plan and credits pay the answers of the workspace, and chatbots with one source."""
    return await credit_use.set_sources(user, body)


@router.get("/credits/limits", summary="List limits of credits")
async def list_credit_limits(user: Manager) -> CreditLimitList:
    """Lists what chatbots, members and API keys may use of the credits in a month, and have used."""
    return await credit_use.list_limits(user)


@router.put("/credits/limits", summary="Set limits of credits")
async def put_credit_limits(user: Manager, body: CreditLimits) -> CreditLimitList:
    """Replaces all limits. An answer that exceeds one is refused with `spending_limit_reached`."""
    return await credit_use.set_limits(user, body)


@router.get("/credits/usage", summary="Get the use of credits")
async def get_credit_usage(
    user: Manager, since: Since = None, until: Until = None, tz: Zone = "UTC", group_by: By = "day"
) -> CreditUsage:
    """Returns what credits paid, by default of the last thirty days, by day, model, chatbot, member or API key."""
    return await credit_use.usage(user, await usage.resolve_range(since, until, tz), group_by)
