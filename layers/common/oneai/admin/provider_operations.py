"""Cancellations and refunds for the payment provider, sent or waiting: list and retry them."""

from datetime import datetime
from typing import Literal, LiteralString
from uuid import UUID

from pydantic import BaseModel, Field

from oneai import billing
from oneai.admin import pages
from oneai.admin.act import Actor, act
from oneai.errors import NotFound
from oneai.postgres import db

type OperationState = Literal["pending", "succeeded", "cancelled", "failed"]


class ProviderOperation(BaseModel):
    """A provider operation. Its amount is in the currency's smallest unit."""

    id: UUID = Field(description="Its id, which is its idempotency key at the provider.")
    kind: str = Field(description="`cancel`, `cancel_at_period_end`, `refund` or `charge`.")
    reason: str = Field(description="Why, such as `requested`, `replaced` or `operator`.")
    state: str = Field(description="`pending`, `succeeded`, `cancelled` or `failed`.")
    attempts: int = Field(description="The number of attempts.")
    last_error: str | None = Field(description="The last error.")
    amount: int | None = Field(description="The amount of a refund; null until it is computed, and for cancellations.")
    currency: str | None = Field(description="Of the amount.")
    due_at: datetime = Field(description="When the next attempt is due.")
    created_at: datetime = Field(description="When it was decided.")
    user_id: UUID | None = Field(description="The owner of the subscription or order; null for an erased user.")
    subscription_id: UUID | None = Field(description="The subscription; null for an order.")
    subscription_ref: str | None = Field(description="The provider's id of the subscription.")
    payment_ref: str | None = Field(description="The provider's id of the refunded payment.")


class ProviderOperationPage(BaseModel):
    """A page of operations."""

    items: list[ProviderOperation] = Field(description="The newest first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


COLUMNS: LiteralString = """
    c.id, c.kind, c.reason, c.state, c.attempts, c.last_error, c.amount,
    coalesce(p.currency, s.currency, o.currency) as currency, c.due_at, c.created_at,
    coalesce(s.workspace_id, o.workspace_id) as user_id, c.subscription_id,
    s.provider_subscription_id as subscription_ref, p.provider_payment_id as payment_ref
"""
JOINED: LiteralString = """
    oneai.provider_operations as c left join oneai.subscriptions as s on s.id = c.subscription_id
    left join oneai.payments as p on p.id = c.payment_id
    left join oneai.orders as o on o.id = coalesce(p.order_id, c.order_id)
"""


async def list_operations(state: OperationState, cursor: str | None, limit: int) -> ProviderOperationPage:
    """Returns a page of the operations in one state."""
    at, last = pages.after_time(cursor)
    rows = await db.as_admin(
        f"""
        select {COLUMNS} from {JOINED}
        where c.state = %s and (%s::timestamptz is null or (c.created_at, c.id) < (%s, %s))
        order by c.created_at desc, c.id desc limit %s
        """,
        [state, at, at, last, limit + 1],
        ProviderOperation,
    )
    items, following = pages.cut(rows, limit, lambda row: (row.created_at.isoformat(), str(row.id)))
    return ProviderOperationPage(items=items, next_cursor=following)


async def find_operation(operation_id: UUID) -> ProviderOperation:
    """Returns an operation. Raises NotFound."""
    rows = await db.as_admin(f"select {COLUMNS} from {JOINED} where c.id = %s", [operation_id], ProviderOperation)
    if not rows:
        raise NotFound
    return rows[0]


async def retry(actor: Actor, operation_id: UUID, reason: str | None) -> ProviderOperation:
    """Sends a pending or failed operation now, with all its attempts, and returns its new state.

    Raises NotFound if it is unknown, done, cancelled, or in progress, and for a refund whose payment went back by bank
    since.
    """
    async with act(actor, reason) as running:
        row = await running.call(
            """
            update oneai.provider_operations as c set state = 'pending', due_at = oneai.now(), attempts = 0
            where c.id = %s and c.state in ('pending', 'failed') and coalesce(c.locked_until <= oneai.now(), true)
              and not exists (
                select from oneai.refunds as r
                where r.payment_id = c.payment_id and r.provider_refund_id like 'bank:%%')
            returning coalesce((select s.workspace_id from oneai.subscriptions as s where s.id = c.subscription_id), (
              select b.workspace_id from oneai.payments as p join oneai.orders as b on b.id = p.order_id
              where p.id = c.payment_id))
            """,
            [operation_id],
        )
        if row is None:
            raise NotFound(f"{operation_id} is done or in progress.")
        await running.record("provider_operation.retry", user_id=row[0], target=("provider_operation", operation_id))
    await billing.run_due(operation_id)
    return await find_operation(operation_id)
