"""Public routes for plans, credits and their prices, in a function that never waits for the payment provider."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from oneai.billing.credit_packages import CreditPackageList, list_packages
from oneai.billing.subscriptions import OfferedPlan, PlanList, all_prices, offered_plan, offered_plans
from oneai.http.cacheable import CACHEABLE, cacheable

Country = Annotated[
    str | None,
    Query(
        pattern="^[A-Z]{2}$",
        description="Where the buyer lives, ISO 3166 alpha-2, such as `US`: prices are those of the payment provider "
        "there. Absent: unknown.",
    ),
]
PlanId = Annotated[str, Path(description="The plan's id, such as `pro`.")]

router = APIRouter(tags=["Plans"])


@router.get("/subscription/plans", summary="List plans and prices", response_model=PlanList, responses=CACHEABLE)
async def list_plans(request: Request, country: Country = None) -> Response:
    """Lists every plan with its features, quotas and prices in paise or cents, and a comparison table. Public."""
    return cacheable(request, offered_plans(await all_prices(country)).model_dump_json().encode())


@router.get("/subscription/plans/{id}", summary="Get a plan", response_model=OfferedPlan, responses=CACHEABLE)
async def get_plan(request: Request, id: PlanId, country: Country = None) -> Response:
    """One plan. Public."""
    return cacheable(request, offered_plan(id, await all_prices(country)).model_dump_json().encode())


@router.get(
    "/credits/packages",
    summary="List packages of credits",
    response_model=CreditPackageList,
    responses=CACHEABLE,
)
async def list_credit_packages(request: Request, country: Country = None) -> Response:
    """Lists every package of prepaid credits with its prices, and what a custom amount buys. Public."""
    return cacheable(request, (await list_packages(country)).model_dump_json().encode())
