"""Refunds and cancellations that the payment provider has not confirmed yet, for operators."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from oneai.errors import NotFound
from oneai.postgres.operators import OperatorConnection, fetch_all, fetch_values


@dataclass
class UnfinishedOperation:
    """`amount` is None of a cancellation, and of a refund whose amount is computed when it is made."""

    id: UUID
    kind: str
    state: str
    attempts: int
    last_error: str | None
    amount: int | None
    due_at: datetime
    currency: str
    subscription_ref: str | None
    payment_ref: str | None


def list_unfinished(connection: OperatorConnection) -> list[UnfinishedOperation]:
    """Those that are pending or failed, the first due first."""
    return fetch_all(
        connection,
        """
        select c.id, c.kind, c.state, c.attempts, c.last_error, c.amount, c.due_at,
          coalesce(p.currency, s.currency) as currency,
          s.provider_subscription_id as subscription_ref, p.provider_payment_id as payment_ref
        from oneai.provider_operations as c join oneai.subscriptions as s on s.id = c.subscription_id
        left join oneai.payments as p on p.id = c.payment_id
        where c.state in ('pending', 'failed') order by c.due_at, c.id
        """,
        [],
        UnfinishedOperation,
    )


def reschedule(connection: OperatorConnection, operation_id: UUID) -> UUID | None:
    """Makes an operation due now, as if it had not been attempted; returns its user, None of one who was erased.

    Raises NotFound if it is done or claimed.
    """
    users: list[UUID | None] = fetch_values(
        connection,
        """
        update oneai.provider_operations as o set state = 'pending', due_at = oneai.now(), attempts = 0
        from oneai.subscriptions as s
        where o.id = %s and o.state in ('pending', 'failed') and coalesce(o.locked_until <= oneai.now(), true)
          and s.id = o.subscription_id
        returning s.user_id
        """,
        [operation_id],
    )
    if not users:
        raise NotFound(f"{operation_id} is made already, or just being made.")
    return users[0]
