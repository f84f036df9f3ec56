"""Routes for sales: make, list, show and withdraw offers, and record their bank transfers."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from staff import STAFF, Admin

from oneai.admin import offers
from oneai.admin.act import Actor, ActReason
from oneai.admin.offers import AdminOffer, AdminOfferPage, NewOffer, Transfer, TransferRefund
from oneai.billing.offers import OfferState
from oneai.http.fastapi_app import Cursor, Limit

router = APIRouter(tags=["Admin"])

OfferId = Annotated[UUID, Path(description="The offer's id.")]


@router.get("/admin/offers", dependencies=[STAFF], summary="List offers")
async def list_admin_offers(
    state: Annotated[OfferState | None, Query(description="Only in this state.")] = None,
    workspace_id: Annotated[UUID | None, Query(description="Only to this workspace.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> AdminOfferPage:
    """Lists offers, newest first."""
    return await offers.list_offers(state, workspace_id, cursor, limit)


@router.post("/admin/offers", summary="Make an offer", status_code=201)
async def make_offer(admin: Admin, body: NewOffer) -> AdminOffer:
    """Offers a workspace a plan for some months with its own quotas, seats and price. The owner and the billing address
    get its link, or the account for a bank transfer, by email."""
    return await offers.make_offer(Actor.admin(admin.user_id), body)


@router.get("/admin/offers/{id}", dependencies=[STAFF], summary="Get any offer")
async def get_admin_offer(id: OfferId) -> AdminOffer:
    """Returns an offer with its workspace."""
    return await offers.find_offer(id)


@router.post("/admin/offers/{id}/withdraw", summary="Withdraw an offer")
async def withdraw_offer(admin: Admin, id: OfferId, body: ActReason) -> AdminOffer:
    """Ends an unpaid offer. A checkout that is paid later is refunded. Idempotent."""
    return await offers.withdraw_offer(Actor.admin(admin.user_id), id, body.reason)


@router.post("/admin/offers/{id}/paid", summary="Record the bank transfer of an offer")
async def record_offer_transfer(admin: Admin, id: OfferId, body: Transfer) -> AdminOffer:
    """Records that a bank transfer of exactly this amount was received. The plan starts, and the invoice is issued.
    Idempotent."""
    return await offers.record_transfer(Actor.admin(admin.user_id), id, body)


@router.post("/admin/offers/{id}/refund", summary="Record a refund by bank transfer")
async def record_offer_refund(admin: Admin, id: OfferId, body: TransferRefund) -> AdminOffer:
    """Records what was sent back by bank of an offer's transfer. A credit note is issued, and a full refund ends the
    plan. Idempotent."""
    return await offers.record_refund(Actor.admin(admin.user_id), id, body)
