"""Public routes for plans, credits and their prices, in a function that never waits for the payment provider."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from oneai.billing.credit_packages import CreditPackageList, list_packages
from oneai.billing.subscriptions import OfferedPlan, PlanList, all_prices, offered_plan, offered_plans
from oneai.http import edge
from oneai.http.cacheable import CACHEABLE, cacheable

Country = Annotated[
    str | None,
    Query(
        pattern="^[A-Z]{2}$",
        description="Where the buyer lives, ISO 3166 alpha-2, such as `US`: prices are those of the payment provider "
        "there. Absent: the country of the request's network, if a firewall in front of the API tells it.",
    ),
]
PlanId = Annotated[str, Path(description="The plan's id, such as `pro`.")]

router = APIRouter(tags=["Plans"])


@router.get("/subscription/plans", summary="List plans and prices", response_model=PlanList, responses=CACHEABLE)
async def list_plans(request: Request, country: Country = None) -> Response:
    """Lists every plan with its features, quotas and prices in paise or cents, and a comparison table. Public."""
    buyer = _buyer_of(request, country)
    plans = offered_plans(await all_prices(buyer.country), buyer.proof)
    return cacheable(request, plans.model_dump_json().encode(), public=buyer.same_for_all)


@router.get("/subscription/plans/{id}", summary="Get a plan", response_model=OfferedPlan, responses=CACHEABLE)
async def get_plan(request: Request, id: PlanId, country: Country = None) -> Response:
    """One plan. Public."""
    buyer = _buyer_of(request, country)
    plan = offered_plan(id, await all_prices(buyer.country))
    return cacheable(request, plan.model_dump_json().encode(), public=buyer.same_for_all)


@router.get(
    "/credits/packages",
    summary="List packages of credits",
    response_model=CreditPackageList,
    responses=CACHEABLE,
)
async def list_credit_packages(request: Request, country: Country = None) -> Response:
    """Lists every package of prepaid credits with its prices, and what a custom amount buys. Public."""
    buyer = _buyer_of(request, country)
    packages = await list_packages(buyer.country)
    return cacheable(request, packages.model_dump_json().encode(), public=buyer.same_for_all)


@dataclass(frozen=True)
class _Buyer:
    """Where a visitor is: the country of their prices, the proof of it (`oneai/countries.py`), and whether the answer
    is the same for every network."""

    country: str | None
    proof: str | None
    same_for_all: bool


def _buyer_of(request: Request, country: str | None) -> _Buyer:
    """The country that a request names counts before that of its network."""
    proof = country or edge.country_of(request)
    known = None if proof is None or proof.startswith("-") else proof
    return _Buyer(known, proof, same_for_all=country is not None or proof is None)
