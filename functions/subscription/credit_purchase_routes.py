"""Routes for buying prepaid credits, also automatically, and refunding them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query

from oneai.billing import credit_purchase, credit_recharge, credit_refund
from oneai.billing.credit_purchase import CreditPurchase, CreditPurchaseRequest
from oneai.billing.credit_recharge import AutoRecharge, AutoRechargeRequest
from oneai.billing.credit_refund import CreditRefundPreview, CreditRefundRequest
from oneai.http.fastapi_app import Manager, Spender

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="Repeated requests with the same key open one order and return it.",
    ),
]
GrantId = Annotated[UUID, Query(description="A bought grant, an id from `GET /credits/balance`.")]

router = APIRouter(tags=["Credits"])


@router.post("/credits/purchase", summary="Buy credits", status_code=201)
async def buy_credits(
    user: Spender, request: CreditPurchaseRequest, idempotency_key: IdempotencyKey = None
) -> CreditPurchase:
    """Opens an order for credits, to be paid by checkout. The credits come with its payment, once. The same
    `Idempotency-Key` returns the same order."""
    return await credit_purchase.buy_credits(user, request, idempotency_key)


@router.get("/credits/refund", summary="Preview a refund of credits")
async def preview_credit_refund(user: Spender, grant_id: GrantId) -> CreditRefundPreview:
    """Returns what a refund of bought credits would be now, or why there is none."""
    return await credit_refund.preview_refund(user, grant_id)


@router.post("/credits/refund", summary="Refund credits", status_code=202)
async def refund_credits(user: Spender, request: CreditRefundRequest) -> CreditRefundPreview:
    """Ends bought credits and their bonus, and refunds the price less what was used to the payment. Idempotent."""
    return await credit_refund.refund_credits(user, request)


@router.get("/credits/auto-recharge", summary="Get the automatic recharge")
async def get_auto_recharge(user: Manager) -> AutoRecharge:
    """Returns whether credits are bought automatically, with whose card or account, and what is pending."""
    return await credit_recharge.read_recharge(user)


@router.put("/credits/auto-recharge", summary="Set the automatic recharge")
async def put_auto_recharge(user: Spender, request: AutoRechargeRequest) -> AutoRecharge:
    """Turns the automatic recharge on or off. Only the holder of the card or account that is debited can turn it on;
    each owner can turn it off. Without a mandate `pending` is an order whose payment authorizes later debits."""
    return await credit_recharge.set_recharge(user, request)
