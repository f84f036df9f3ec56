"""Routes for the offers that operators made to a workspace."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from oneai.billing import offers
from oneai.billing.offers import AcceptedOffer, Offer, OfferList
from oneai.http.fastapi_app import Manager, Spender

OfferId = Annotated[UUID, Path(description="The offer's id, which its link ends with.")]

router = APIRouter(tags=["Subscription"])


@router.get("/subscription/offers", summary="List the offers to a workspace")
async def list_offers(user: Manager) -> OfferList:
    """Lists the offers that were made to your workspace, newest first."""
    return await offers.list_offers(user)


@router.get("/subscription/offers/{id}", summary="Get an offer")
async def get_offer(user: Manager, id: OfferId) -> Offer:
    """Returns one of them."""
    return await offers.find_offer(user, id)


@router.post("/subscription/offers/{id}/accept", summary="Accept an offer")
async def accept_offer(user: Spender, id: OfferId) -> AcceptedOffer:
    """Accepts an open offer and returns what to pay: an order for the checkout, whose payment
    `POST /api/subscription/verify` confirms, or the account for a bank transfer. Idempotent."""
    return await offers.accept_offer(user, id)
