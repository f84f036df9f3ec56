"""What is on sale, for everybody."""

from fastapi import APIRouter

from oneai.billing.selling import offering
from oneai.billing.selling.offering import OfferedPlan, PlanList

router = APIRouter()


@router.get("/subscription/plans")
async def list_plans() -> PlanList:
    """Every plan with its features, quotas and prices in paise or cents, and a table to compare them by. Public."""
    return offering.offered_plans()


@router.get("/subscription/plans/{id}")
async def get_plan(id: str) -> OfferedPlan:
    """One plan. Public."""
    return offering.offered_plan(id)
