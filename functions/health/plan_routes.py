"""Public routes for plans and prices, in a function that never waits for the payment provider."""

from typing import Annotated

from fastapi import APIRouter, Path

from oneai.billing.subscriptions import OfferedPlan, PlanList, offered_plan, offered_plans

PlanId = Annotated[str, Path(description="The plan's id, such as `pro`.")]

router = APIRouter(tags=["Plans"])


@router.get("/subscription/plans", summary="List plans and prices")
async def list_plans() -> PlanList:
    """Every plan with its features, quotas and prices in paise or cents, and a table to compare them by. Public."""
    return offered_plans()


@router.get("/subscription/plans/{id}", summary="Get a plan")
async def get_plan(id: PlanId) -> OfferedPlan:
    """One plan. Public."""
    return offered_plan(id)
