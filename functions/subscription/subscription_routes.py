"""Routes for the user's own subscription. `/billing/subscribe`, `/billing/upgrade` and `/billing/cancel` are other
addresses of three of them."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from oneai.billing import subscriptions
from oneai.billing.subscriptions import (
    Cancellation,
    CancellationPreview,
    ChangePage,
    CheckoutConfirmation,
    CheckoutSession,
    CurrentSubscription,
    NewSubscription,
    PlanChange,
    PlanChangePreview,
    Portal,
)
from oneai.http.fastapi_app import Cursor, Limit, Manager, ManagerOrSuspended, Spender, SpenderOrSuspended

OPEN: dict[int | str, dict[str, Any]] = {
    200: {"description": "A checkout with these terms is already open.", "model": CheckoutSession}
}
Preview = Annotated[bool, Query(description="Only returns what the request would do.")]

# The default for an empty body.
AT_PERIOD_END = Cancellation()

router = APIRouter(tags=["Subscription"])


@router.get("/subscription", summary="Get the subscription")
async def get_subscription(user: ManagerOrSuspended) -> CurrentSubscription:
    """Returns your plan and its period; `free`, `active` and nulls if you never subscribed."""
    return await subscriptions.current_subscription(user)


@router.post("/subscription/create", summary="Subscribe to a plan", status_code=201, responses=OPEN)
@router.post(
    "/billing/subscribe",
    summary="Subscribe to a plan (billing)",
    operation_id="create_subscription_of_billing",
    status_code=201,
    responses=OPEN,
)
async def create_subscription(user: Spender, new: NewSubscription, response: Response) -> CheckoutSession:
    """Creates a subscription to be paid by checkout or on the page at `short_url`. Nothing changes until it is paid."""
    checkout, is_new = await subscriptions.create_checkout(user, new)
    response.status_code = 201 if is_new else 200
    return checkout


@router.post("/subscription/verify", summary="Confirm a payment")
async def verify_payment(user: Spender, confirmation: CheckoutConfirmation) -> CurrentSubscription:
    """Confirms a checkout with its result, so that the payment counts immediately. Idempotent."""
    return await subscriptions.confirm_checkout(user, confirmation)


@router.post(
    "/subscription/cancel", summary="Cancel the subscription", response_model=CurrentSubscription | CancellationPreview
)
@router.post(
    "/billing/cancel",
    summary="Cancel the subscription (billing)",
    operation_id="cancel_subscription_of_billing",
    response_model=CurrentSubscription | CancellationPreview,
)
async def cancel_subscription(
    user: SpenderOrSuspended, cancellation: Cancellation = AT_PERIOD_END, preview: Preview = False
) -> CurrentSubscription | CancellationPreview:
    """Cancels at the end of the paid period, or immediately with a refund. `?preview=1` returns the amount, and changes
    nothing."""
    return await (
        subscriptions.preview_cancellation(user, cancellation)
        if preview
        else subscriptions.cancel_subscription(user, cancellation)
    )


@router.post("/subscription/cancel/undo", summary="Undo a cancellation")
async def undo_cancellation(user: Spender) -> CurrentSubscription:
    """Undoes a cancellation, until 72 hours before the end of the period."""
    return await subscriptions.undo_cancellation(user)


@router.post(
    "/subscription/update",
    summary="Change the plan or its period",
    response_model=CheckoutSession | PlanChangePreview,
)
@router.post(
    "/billing/upgrade",
    summary="Change the plan or its period (billing)",
    operation_id="update_subscription_of_billing",
    response_model=CheckoutSession | PlanChangePreview,
)
async def update_subscription(
    user: Spender, change: PlanChange, preview: Preview = False
) -> CheckoutSession | PlanChangePreview:
    """Changes the plan or its period. If `payment_needed`, nothing changes until it is paid. `?preview=1` returns the
    charge and the refund, and changes nothing."""
    return await (subscriptions.preview_change(user, change) if preview else subscriptions.change_plan(user, change))


@router.post("/subscription/pause", summary="Pause the subscription")
async def pause_subscription(user: Spender) -> CurrentSubscription:
    """Stops charges until you resume; the paid period remains."""
    return await subscriptions.pause_subscription(user)


@router.post("/subscription/resume", summary="Resume the subscription")
async def resume_subscription(user: Spender) -> CurrentSubscription:
    """End the pause."""
    return await subscriptions.resume_subscription(user)


@router.get("/subscription/history", summary="List changes of the plan")
async def list_changes(user: Manager, limit: Limit = 20, cursor: Cursor = None) -> ChangePage:
    """Lists changes of your plan, newest first."""
    return await subscriptions.list_changes(user, cursor, limit)


@router.get("/subscription/portal", summary="Get the page to change the payment method")
async def get_portal(user: Spender) -> Portal:
    """Returns the page on which you change your payment method."""
    return await subscriptions.find_portal(user)
