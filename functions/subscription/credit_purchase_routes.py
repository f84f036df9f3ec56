"""Routes for buying prepaid credits."""

from typing import Annotated

from fastapi import APIRouter, Header

from oneai.billing import credit_purchase
from oneai.billing.credit_purchase import CreditPurchase, CreditPurchaseRequest
from oneai.http.fastapi_app import Spender

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="Repeated requests with the same key open one order and return it.",
    ),
]

router = APIRouter(tags=["Credits"])


@router.post("/credits/purchase", summary="Buy credits", status_code=201)
async def buy_credits(
    user: Spender, request: CreditPurchaseRequest, idempotency_key: IdempotencyKey = None
) -> CreditPurchase:
    """Opens an order for credits, to be paid by checkout. The credits come with its payment, once. The same
    `Idempotency-Key` returns the same order."""
    return await credit_purchase.buy_credits(user, request, idempotency_key)
