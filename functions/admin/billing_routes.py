"""Routes for subscriptions, payments, and what the payment provider sent and was sent."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import AfterValidator
from staff import STAFF, Admin

from oneai.admin import payments, provider_events, provider_operations, subscriptions
from oneai.admin.act import Actor, ActReason
from oneai.admin.payments import NewRefund, PaymentPage, RefundPreview
from oneai.admin.provider_events import EventState, ProviderEvent, ProviderEventPage, ReplayedEvent
from oneai.admin.provider_operations import OperationState, ProviderOperation, ProviderOperationPage
from oneai.admin.subscriptions import SubscriptionDetail, SubscriptionPage, SubscriptionState
from oneai.http.fastapi_app import Cursor, Limit
from oneai.text import clean_code

router = APIRouter(tags=["Admin"])

SubscriptionId = Annotated[UUID, Path(description="The subscription's id.")]
PaymentId = Annotated[UUID, Path(description="The payment's id.")]
EventId = Annotated[
    str, Path(max_length=200, description="The provider's id of the event."), AfterValidator(clean_code)
]


@router.get("/admin/subscriptions", dependencies=[STAFF], summary="List subscriptions")
async def list_all_subscriptions(
    status: Annotated[SubscriptionState | None, Query(description="Only those in this state.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> SubscriptionPage:
    """Subscriptions, the newest first."""
    return await subscriptions.list_subscriptions(status, cursor, limit)


@router.get("/admin/subscriptions/{id}", dependencies=[STAFF], summary="Get a subscription with its timeline")
async def get_any_subscription(id: SubscriptionId) -> SubscriptionDetail:
    """Events of the payment provider, changes of the plan, payments, refunds and operations, in order of time."""
    return await subscriptions.find_subscription(id)


@router.post("/admin/subscriptions/{id}/sync", summary="Fetch a subscription from the payment provider")
async def sync_subscription(admin: Admin, id: SubscriptionId, body: ActReason) -> SubscriptionDetail:
    """Fetches it with its payments and refunds; the subscription afterwards."""
    return await subscriptions.sync(Actor.admin(admin.user_id), id, body.reason)


@router.get("/admin/payments", dependencies=[STAFF], summary="List payments")
async def list_payments(
    quarantined: Annotated[bool, Query(description="Only those that nothing sold explains.")] = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> PaymentPage:
    """Payments, the newest first."""
    return await payments.list_payments(quarantined=quarantined, cursor=cursor, limit=limit)


@router.get("/admin/payments/{id}/refund", dependencies=[STAFF], summary="Preview a refund")
async def preview_refund(id: PaymentId) -> RefundPreview:
    """What of a payment can be refunded; nothing is changed."""
    return await payments.preview_refund(id)


@router.post("/admin/payments/{id}/refund", summary="Refund a payment", status_code=202)
async def refund_payment(admin: Admin, id: PaymentId, body: NewRefund) -> ProviderOperation:
    """Refunds a part or all of it, once. The operation is `pending` where the provider has not answered yet: a job goes
    on with it."""
    return await payments.refund(Actor.admin(admin.user_id), id, body)


@router.post("/admin/payments/{id}/release", summary="Release a payment from quarantine", status_code=204)
async def release_payment(admin: Admin, id: PaymentId, body: ActReason) -> None:
    """Counts it as if it had been sold."""
    await payments.release(Actor.admin(admin.user_id), str(id), body.reason)


@router.get("/admin/provider-events", dependencies=[STAFF], summary="List the payment provider's events")
async def list_events(
    state: Annotated[EventState | None, Query(description="Only those in this state.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> ProviderEventPage:
    """Events, the newest first."""
    return await provider_events.list_events(state, cursor, limit)


@router.get("/admin/provider-events/{id}", dependencies=[STAFF], summary="Get an event of the payment provider")
async def get_event(id: EventId) -> ProviderEvent:
    """An event with its body, as it came."""
    return await provider_events.find_event(id)


@router.post("/admin/provider-events/{id}/replay", summary="Replay an event of the payment provider")
async def replay_event(admin: Admin, id: EventId, body: ActReason) -> ReplayedEvent:
    """Processes it once more. Nothing is granted or refunded twice."""
    return await provider_events.replay(Actor.admin(admin.user_id), id, body.reason)


@router.get("/admin/provider-operations", dependencies=[STAFF], summary="List provider operations")
async def list_operations(
    state: Annotated[OperationState, Query(description="Those in this state.")] = "pending",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> ProviderOperationPage:
    """Refunds and cancellations at the payment provider, the newest first."""
    return await provider_operations.list_operations(state, cursor, limit)


@router.post("/admin/provider-operations/{id}/retry", summary="Retry a provider operation")
async def retry_operation(
    admin: Admin, id: Annotated[UUID, Path(description="The operation's id.")], body: ActReason
) -> ProviderOperation:
    """Makes a pending or failed operation now; what became of it."""
    return await provider_operations.retry(Actor.admin(admin.user_id), id, body.reason)
