"""Payments for operators: the list, and the release of a payment that was quarantined because nothing sold fits it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.types.json import Jsonb

from oneai.errors import NotFound
from oneai.postgres.operators import OperatorConnection, fetch_all, fetch_values

LIST_LIMIT = 200


@dataclass
class ListedPayment:
    """A payment with what was refunded of it; `plan_id` to `expected_currency` describe its subscription, if any.

    Amounts are in the currency's smallest unit; `person` is the user's e-mail address or id.
    """

    ref: str
    created_at: datetime
    amount: int
    currency: str
    status: str
    invoiced_amount: int | None
    quarantined: bool
    plan_id: str | None
    period: str | None
    expected: int | None
    expected_currency: str | None
    person: str | None
    refunded: int
    refund_pending: int


def list_payments(connection: OperatorConnection, *, quarantined: bool) -> list[ListedPayment]:
    """The newest payments, newest first; all of them or only those in quarantine."""
    return fetch_all(
        connection,
        """
        select p.provider_payment_id as ref, p.created_at, p.amount, p.currency, p.status, p.invoiced_amount,
          p.quarantined_at is not null and p.released_at is null as quarantined, s.plan_id, s.period,
          s.amount * s.quantity as expected, s.currency as expected_currency,
          coalesce(u.email, p.user_id::text) as person,
          (select coalesce(sum(r.amount) filter (where r.status = 'processed'), 0)::bigint from oneai.refunds as r
            where r.payment_id = p.id) as refunded,
          (select coalesce(sum(r.amount) filter (where r.status = 'pending'), 0)::bigint from oneai.refunds as r
            where r.payment_id = p.id) as refund_pending
        from oneai.payments as p left join oneai.subscriptions as s on s.id = p.subscription_id
        left join oneai.users as u on u.id = p.user_id
        where not %s or (p.quarantined_at is not null and p.released_at is null)
        order by p.created_at desc, p.id limit %s
        """,
        [quarantined, LIST_LIMIT],
        ListedPayment,
    )


def release_payment(connection: OperatorConnection, payment: str, *, reason: str) -> UUID:
    """Counts a payment, by our id or the provider's, as if it had been sold; returns its user, to be reprojected.

    Raises NotFound if it is not quarantined.
    """
    users: list[UUID] = fetch_values(
        connection,
        """
        update oneai.payments set released_at = oneai.now(), metadata = metadata || %s
        where (provider_payment_id = %s or id::text = %s) and quarantined_at is not null and released_at is null
        returning user_id
        """,
        [Jsonb({"released_for": reason}), payment, payment],
    )
    if not users:
        raise NotFound(f"{payment} is not quarantined.")
    return users[0]
