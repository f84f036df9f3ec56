"""`python -m ops.payments`, which is `make payments`: payments that need a person to look at them.

    make payments                                                     quarantined ones: of what was never sold
    make payments ARGS="list"                                         the newest, and what was given back of them
    make payments ARGS="release pay_3nDpF7… --reason 'by phone'"       counts one as if it had been sold
    make payments ARGS="calls"                                        refunds and cancellations that are not through
    make payments ARGS="retry 0b7c5d1e-…"                              makes one of them again, now

Looks at DATABASE_URL, else at the stack that runs here; `retry` needs Razorpay's key.
"""

import argparse
import sys
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from oneai.billing import processing, provider_operations
from oneai.notifications import formatting
from ops import command
from ops.command import Connection, counted


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database could not be asked, or what was wanted is impossible."""
    return command.run(_arguments(), _do, arguments)


def _arguments() -> argparse.ArgumentParser:
    parser = command.Parser(prog="make payments", description="Payments that need a person to look at them.")
    actions = parser.add_subparsers(dest="action")
    listing = actions.add_parser("list", help="the newest, with what was given back")
    listing.add_argument("--quarantined", action="store_true")
    release = actions.add_parser("release", help="count a quarantined one as if it had been sold")
    release.add_argument("payment", help="its id, ours or the provider's")
    release.add_argument("--reason", required=True, help="for operators; the person does not see it")
    actions.add_parser("calls", help="refunds and cancellations that are not through")
    again = actions.add_parser("retry", help="make one of those again, now")
    again.add_argument("call", type=UUID)
    return parser


def _do(connection: Connection, wanted: argparse.Namespace) -> int:
    match wanted.action:
        case "release":
            return _release(connection, wanted.payment, wanted.reason)
        case "calls":
            return _calls(connection)
        case "retry":
            return _retry(connection, wanted.call)
        case "list" if not wanted.quarantined:
            return _list(connection, quarantined=False)
    return _list(connection, quarantined=True)


def _list(connection: Connection, *, quarantined: bool) -> int:
    payments = connection.execute(
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
        order by p.created_at desc, p.id limit 200
        """,
        [quarantined],
    ).fetchall()
    for each in reversed(payments):
        print(f"{each['created_at']:%Y-%m-%d %H:%M}  {each['ref']}  {each['person']}  {_described(each)}")
    if not payments:
        print("No payment is quarantined." if quarantined else "There are no payments.")
    return 0


def _described(payment: dict[str, Any]) -> str:
    """What was paid, what was given back of it, and what it was for."""
    currency = payment["currency"]
    parts = [
        f"{formatting.money(payment['amount'], currency)}, "
        + ("quarantined" if payment["quarantined"] else payment["status"])
    ]
    if payment["refunded"]:
        parts.append(f"refunded: {formatting.money(payment['refunded'], currency)}")
    if payment["refund_pending"]:
        parts.append(f"being refunded: {formatting.money(payment['refund_pending'], currency)}")
    if payment["plan_id"]:
        price = formatting.money(payment["expected"], payment["expected_currency"])
        parts.append(f"sold: {payment['plan_id']} {payment['period']} at {price}")
    else:
        parts.append("sold: nothing")
    if payment["invoiced_amount"] is not None:
        parts.append(f"invoiced: {formatting.money(payment['invoiced_amount'], currency)}")
    return "; ".join(parts)


def _release(connection: Connection, payment: str, reason: str) -> int:
    released = connection.execute(
        """
        update oneai.payments set released_at = oneai.now(), metadata = metadata || %s
        where (provider_payment_id = %s or id::text = %s) and quarantined_at is not null and released_at is null
        returning user_id
        """,
        [Jsonb({"released_for": reason}), payment, payment],
    ).fetchone()
    if released is None:
        print(f"{payment} is not quarantined.", file=sys.stderr)
        return 1
    command.finish(processing.refresh(released["user_id"], found_by="request"))
    print(f"{payment} counts from now on.")
    return 0


def _calls(connection: Connection) -> int:
    waiting = connection.execute(
        """
        select c.id, c.kind, c.state, c.attempts, c.last_error, c.amount, c.due_at,
          coalesce(p.currency, s.currency) as currency,
          s.provider_subscription_id as subscription, p.provider_payment_id as payment
        from oneai.provider_operations as c join oneai.subscriptions as s on s.id = c.subscription_id
        left join oneai.payments as p on p.id = c.payment_id
        where c.state in ('pending', 'failed') order by c.due_at, c.id
        """
    ).fetchall()
    for each in waiting:
        about = each["payment"] or each["subscription"]
        amount = "" if each["amount"] is None else f" {formatting.money(each['amount'], each['currency'])}"
        print(
            f"{each['id']}  {each['state']}  {each['kind']}{amount}  {about}  due {each['due_at']:%Y-%m-%d %H:%M}"
            + (f"  {counted(each['attempts'], 'time')}: {each['last_error']!r}" if each["last_error"] else "")
        )
    if not waiting:
        print("The payment provider was told everything.")
    return 0


def _retry(connection: Connection, call: UUID) -> int:
    again = connection.execute(
        """
        update oneai.provider_operations set state = 'pending', due_at = oneai.now(), attempts = 0
        where id = %s and state in ('pending', 'failed') and coalesce(locked_until <= oneai.now(), true) returning id
        """,
        [call],
    ).fetchone()
    if again is None:
        print(f"{call} is made already, or just being made.", file=sys.stderr)
        return 1
    made = command.finish(provider_operations.make_due(call))
    _calls(connection)
    return 0 if made["done"] else 1


if __name__ == "__main__":
    sys.exit(main())
