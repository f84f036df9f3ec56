"""Subscriptions as admins see them: listed by state, and one with its timeline."""

from datetime import datetime
from typing import Any, Literal, LiteralString
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.admin import pages
from oneai.admin.act import Actor, act
from oneai.billing import processing
from oneai.billing.facts import SyncRequest
from oneai.errors import NotFound
from oneai.field_errors import invalid
from oneai.postgres import db

type SubscriptionState = Literal["none", "trial", "active", "past_due", "unpaid", "paused", "cancelled"]

# Of the newest facts of each kind. A yearly subscription has a dozen events a year.
MAX_ROWS = 200
# The admin waits for the provider this long.
SYNC_SECONDS = 15.0


class ListedSubscription(BaseModel):
    """A subscription. Amounts are in the currency's smallest unit."""

    id: UUID = Field(description="Its id.")
    user_id: UUID | None = Field(description="The owner; null for an erased user.")
    email: str | None = Field(description="The owner's email address.")
    plan_id: str = Field(description="The plan.")
    status: str = Field(description="`none` while the checkout waits for its first payment.")
    period: str | None = Field(description="`monthly` or `yearly`.")
    currency: str | None = Field(description="`INR` or `USD`.")
    amount: int | None = Field(description="The price of one unit for one period.")
    quantity: int = Field(description="The number of units.")
    payment_provider: str = Field(description="The payment provider, such as `razorpay`.")
    provider_subscription_id: str | None = Field(description="The payment provider's id.")
    current_period_start: datetime | None = Field(description="The start of the paid period.")
    current_period_end: datetime | None = Field(description="Its end.")
    cancel_requested_at: datetime | None = Field(description="When its cancellation was requested.")
    cancelled_at: datetime | None = Field(description="When it ended.")
    created_at: datetime = Field(description="When its checkout started.")
    last_synced_at: datetime | None = Field(description="When it was last fetched from the payment provider.")
    next_sync_at: datetime | None = Field(description="When the next fetch is due.")


class SubscriptionPage(BaseModel):
    """A page of subscriptions."""

    items: list[ListedSubscription] = Field(description="The newest first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


class TimelineEntry(BaseModel):
    """Something that happened to a subscription."""

    at: datetime = Field(description="When it happened; for an event, when it was received.")
    kind: Literal["event", "change", "payment", "refund", "operation"] = Field(
        description="An event of the payment provider, a change of the plan, a payment, a refund, or an operation that "
        "was sent to the provider."
    )
    name: str = Field(description="Such as `subscription.charged` for an event, `renewal` for a change.")
    id: str = Field(description="Its id, used to replay an event or to refund a payment.")
    state: str | None = Field(description="For events `pending`, `parked` or `processed`; others have their own.")
    amount: int | None = Field(description="In the currency's smallest unit, if it has an amount.")
    currency: str | None = Field(description="Of the amount.")
    detail: dict[str, Any] = Field(description="Further details, such as `problem` or `last_error`.")


class SubscriptionDetail(ListedSubscription):
    """A subscription with its timeline."""

    timeline: list[TimelineEntry] = Field(description="Its timeline, newest first.")


COLUMNS: LiteralString = """
    s.id, s.workspace_id as user_id, (select u.email from oneai.users as u where u.id = s.workspace_id) as email,
    s.plan_id, s.status, s.period, s.currency, s.amount, s.quantity, s.payment_provider, s.provider_subscription_id,
    s.current_period_start, s.current_period_end, s.cancel_requested_at, s.cancelled_at, s.created_at, s.last_synced_at,
    s.next_sync_at
"""
TIMELINE: LiteralString = """
    (select e.received_at as at, 'event' as kind, e.kind as name, e.event_id as id, e.state, null::bigint as amount,
      null as currency, jsonb_strip_nulls(jsonb_build_object('problem', e.problem, 'attempts', e.attempts)) as detail
    from oneai.provider_events as e, this
    where (e.payment_provider, e.subscription_ref) = (this.payment_provider, this.provider_subscription_id)
    order by e.received_at desc limit %s)
    union all
    (select h.changed_at, 'change', h.change_reason, h.id::text, null, null, null,
      jsonb_build_object('old_tier', h.old_tier, 'new_tier', h.new_tier) || h.metadata
    from oneai.subscription_history as h, this
    where h.workspace_id = this.workspace_id and h.subscription_id = this.id order by h.changed_at desc limit %s)
    union all
    (select coalesce(p.captured_at, p.created_at), 'payment', p.provider_payment_id, p.id::text,
      case when p.quarantined_at is not null and p.released_at is null then 'quarantined' else p.status end, p.amount,
      p.currency, jsonb_strip_nulls(jsonb_build_object('method', p.method, 'amount_refunded', p.amount_refunded,
        'period_start', p.period_start, 'period_end', p.period_end))
    from oneai.payments as p, this where p.subscription_id = this.id order by p.created_at desc limit %s)
    union all
    (select r.refunded_at, 'refund', r.provider_refund_id, r.id::text, r.status, r.amount, p.currency,
      jsonb_strip_nulls(jsonb_build_object('payment_id', p.id, 'operation_id', r.operation_id))
    from this join oneai.payments as p on p.subscription_id = this.id join oneai.refunds as r on r.payment_id = p.id
    order by r.refunded_at desc limit %s)
    union all
    (select o.created_at, 'operation', o.kind, o.id::text, o.state, o.amount, this.currency, jsonb_strip_nulls(
        jsonb_build_object('reason', o.reason, 'attempts', o.attempts, 'last_error', o.last_error, 'due_at', o.due_at))
    from oneai.provider_operations as o, this where o.subscription_id = this.id order by o.created_at desc limit %s)
    order by at desc, kind, id
"""


async def list_subscriptions(status: SubscriptionState | None, cursor: str | None, limit: int) -> SubscriptionPage:
    """Returns a page of subscriptions, of one state or all."""
    at, last = pages.after_time(cursor)
    of_status: LiteralString = "and s.status = %s" if status is not None else ""
    after: LiteralString = "and (s.created_at, s.id) < (%s, %s)" if at is not None else ""
    rows = await db.as_admin(
        f"""
        select {COLUMNS} from oneai.subscriptions as s where true {of_status} {after}
        order by s.created_at desc, s.id desc limit %s
        """,
        [*([status] if of_status else []), *([at, last] if after else []), limit + 1],
        ListedSubscription,
    )
    items, following = pages.cut(rows, limit, lambda row: (row.created_at.isoformat(), str(row.id)))
    return SubscriptionPage(items=items, next_cursor=following)


async def find_subscription(subscription_id: UUID) -> SubscriptionDetail:
    """Returns a subscription with its timeline. Raises NotFound."""
    found = await _of("s.id = %s", subscription_id)
    if not found:
        raise NotFound
    timeline = await db.as_admin(
        f"""
        with this as (
          select s.id, s.workspace_id, s.payment_provider, s.provider_subscription_id, s.currency
          from oneai.subscriptions as s where s.id = %s) {TIMELINE}
        """,
        [subscription_id, *[MAX_ROWS] * 5],
        TimelineEntry,
    )
    return SubscriptionDetail(**found[0].model_dump(), timeline=timeline)


async def subscriptions_of(user_id: UUID) -> list[ListedSubscription]:
    """The user's subscriptions, the newest first."""
    return await _of("s.workspace_id = %s", user_id)


async def sync(actor: Actor, subscription_id: UUID, reason: str) -> SubscriptionDetail:
    """Fetches a subscription with its payments from the payment provider, and projects the result.

    The job fetches what the provider does not return in time. Raises NotFound, and InvalidRequest for a checkout that
    the provider does not know.
    """
    found = await find_subscription(subscription_id)
    if found.provider_subscription_id is None:
        raise invalid("id", "wrong_state", "The payment provider does not know this checkout.")
    async with act(actor, reason) as running:
        await running.record(
            "subscription.sync", user_id=found.user_id, target=("subscription", found.provider_subscription_id)
        )
    request = SyncRequest(found.payment_provider, found.provider_subscription_id, with_payments=True)
    await processing.sync(request, source="operator", seconds=SYNC_SECONDS)
    return await find_subscription(subscription_id)


async def _of(condition: LiteralString, value: UUID) -> list[ListedSubscription]:
    return await db.as_admin(
        f"""
        select {COLUMNS} from oneai.subscriptions as s where {condition}
        order by s.created_at desc, s.id desc limit %s
        """,
        [value, MAX_ROWS],
        ListedSubscription,
    )
