"""Routes for subscriptions, payments, and the payment provider's events and operations."""

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
    status: Annotated[SubscriptionState | None, Query(description="Only subscriptions in this state.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> SubscriptionPage:
    """Lists subscriptions, newest first."""
    return await subscriptions.list_subscriptions(status, cursor, limit)


@router.get("/admin/subscriptions/{id}", dependencies=[STAFF], summary="Get a subscription with its timeline")
async def get_any_subscription(id: SubscriptionId) -> SubscriptionDetail:
    """Returns provider events, plan changes, payments, refunds and operations, in order of time."""
    return await subscriptions.find_subscription(id)


@router.post("/admin/subscriptions/{id}/sync", summary="Fetch a subscription from the payment provider")
async def sync_subscription(admin: Admin, id: SubscriptionId, body: ActReason) -> SubscriptionDetail:
    """Fetches the subscription with its payments and refunds, and returns its new state."""
    return await subscriptions.sync(Actor.admin(admin.user_id), id, body.reason)


@router.get("/admin/payments", dependencies=[STAFF], summary="List payments")
async def list_payments(
    quarantined: Annotated[
        bool, Query(description="Only payments in quarantine, which match nothing that was sold.")
    ] = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> PaymentPage:
    """Lists payments, newest first."""
    return await payments.list_payments(quarantined=quarantined, cursor=cursor, limit=limit)


@router.get("/admin/payments/{id}/refund", dependencies=[STAFF], summary="Preview a refund")
async def preview_refund(id: PaymentId) -> RefundPreview:
    """Returns what can be refunded of a payment. Read-only."""
    return await payments.preview_refund(id)


@router.post("/admin/payments/{id}/refund", summary="Refund a payment", status_code=202)
async def refund_payment(admin: Admin, id: PaymentId, body: NewRefund) -> ProviderOperation:
    """Refunds part or all of a payment, once. The operation is `pending` if the provider has not answered yet; a job
    then continues it."""
    return await payments.refund(Actor.admin(admin.user_id), id, body)


@router.post("/admin/payments/{id}/release", summary="Release a payment from quarantine", status_code=204)
async def release_payment(admin: Admin, id: PaymentId, body: ActReason) -> None:
    """Accepts the payment as if it had been sold."""
    await payments.release(Actor.admin(admin.user_id), str(id), body.reason)


@router.get("/admin/provider-events", dependencies=[STAFF], summary="List the payment provider's events")
async def list_events(
    state: Annotated[EventState | None, Query(description="Only events in this state.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> ProviderEventPage:
    """Lists events, newest first."""
    return await provider_events.list_events(state, cursor, limit)


@router.get("/admin/provider-events/{id}", dependencies=[STAFF], summary="Get an event of the payment provider")
async def get_event(id: EventId) -> ProviderEvent:
    """Returns an event with its body as received."""
    return await provider_events.find_event(id)


@router.post("/admin/provider-events/{id}/replay", summary="Replay an event of the payment provider")
async def replay_event(admin: Admin, id: EventId, body: ActReason) -> ReplayedEvent:
    """Processes the event again. It never grants or refunds twice."""
    return await provider_events.replay(Actor.admin(admin.user_id), id, body.reason)


@router.get("/admin/provider-operations", dependencies=[STAFF], summary="List provider operations")
async def list_operations(
    state: Annotated[OperationState, Query(description="Operations in this state.")] = "pending",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> ProviderOperationPage:
    """Lists refunds and cancellations at the payment provider, newest first."""
    return await provider_operations.list_operations(state, cursor, limit)


@router.post("/admin/provider-operations/{id}/retry", summary="Retry a provider operation")
async def retry_operation(
    admin: Admin, id: Annotated[UUID, Path(description="The operation's id.")], body: ActReason
) -> ProviderOperation:
    """Sends a pending or failed operation now, and returns its new state."""
    return await provider_operations.retry(Actor.admin(admin.user_id), id, body.reason)
