"""`python -m ops.payments`, which is `make payments`: payments and provider operations that need an operator.

    make payments                                                     quarantined ones: nothing sold fits them
    make payments ARGS="list"                                         the newest, with their refunds
    make payments ARGS="release pay_3nDpF7… --reason 'by phone'"       counts one as if it had been sold
    make payments ARGS="calls"                                        refunds and cancellations that are not done
    make payments ARGS="retry 0b7c5d1e-…"                              retries one of them now; may have a --reason

Uses the database at DATABASE_URL, else that of the local stack; `retry` needs Razorpay's key.
"""

import argparse
import sys
from uuid import UUID

from oneai import billing
from oneai.accounts import audit
from oneai.billing import quarantine, unfinished_operations
from oneai.billing.quarantine import ListedPayment
from oneai.errors import NotFound
from oneai.notifications import formatting
from ops import command
from ops.command import Connection, counted


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database is unavailable or the request is refused."""
    return command.run(_arguments(), _do, arguments)


def _arguments() -> argparse.ArgumentParser:
    parser = command.Parser(prog="make payments", description="Payments that need a person to look at them.")
    actions = parser.add_subparsers(dest="action")
    listing = actions.add_parser("list", help="the newest, with what was given back")
    listing.add_argument("--quarantined", action="store_true")
    release = actions.add_parser("release", help="count a quarantined one as if it had been sold")
    release.add_argument("payment", help="its id, ours or the provider's")
    command.add_reason(release, required=True)
    actions.add_parser("calls", help="refunds and cancellations that are not through")
    retry = actions.add_parser("retry", help="make one of those again, now")
    retry.add_argument("call", type=UUID)
    command.add_reason(retry)
    return parser


def _do(connection: Connection, options: argparse.Namespace) -> int:
    match options.action:
        case "release":
            return _release(connection, options)
        case "calls":
            return _list_operations(connection)
        case "retry":
            return _retry(connection, options)
        case "list" if not options.quarantined:
            return _list(connection, quarantined=False)
    return _list(connection, quarantined=True)


def _list(connection: Connection, *, quarantined: bool) -> int:
    payments = quarantine.list_payments(connection, quarantined=quarantined)
    for payment in reversed(payments):
        print(f"{payment.created_at:%Y-%m-%d %H:%M}  {payment.ref}  {payment.person}  {_description(payment)}")
    if not payments:
        print("No payment is quarantined." if quarantined else "There are no payments.")
    return 0


def _description(payment: ListedPayment) -> str:
    """What was paid, what was refunded of it, and what it was for."""
    currency = payment.currency
    parts = [
        f"{formatting.money(payment.amount, currency)}, " + ("quarantined" if payment.quarantined else payment.status)
    ]
    if payment.refunded:
        parts.append(f"refunded: {formatting.money(payment.refunded, currency)}")
    if payment.refund_pending:
        parts.append(f"being refunded: {formatting.money(payment.refund_pending, currency)}")
    if payment.expected is not None and payment.expected_currency is not None:
        price = formatting.money(payment.expected, payment.expected_currency)
        parts.append(f"sold: {payment.plan_id} {payment.period} at {price}")
    else:
        parts.append("sold: nothing")
    if payment.invoiced_amount is not None:
        parts.append(f"invoiced: {formatting.money(payment.invoiced_amount, currency)}")
    return "; ".join(parts)


def _release(connection: Connection, options: argparse.Namespace) -> int:
    try:
        with connection.transaction():
            user_id = quarantine.release_payment(connection, options.payment, reason=options.reason)
            audit.record(
                connection,
                options.operator,
                "payment.release",
                user_id=user_id,
                target=("payment", options.payment),
                reason=options.reason,
            )
    except NotFound as error:
        print(error.message, file=sys.stderr)
        return 1
    command.finish(billing.reproject(user_id, source="operator"))
    print(f"{options.payment} counts from now on.")
    return 0


def _list_operations(connection: Connection) -> int:
    operations = unfinished_operations.list_unfinished(connection)
    for each in operations:
        amount = "" if each.amount is None else f" {formatting.money(each.amount, each.currency)}"
        error = f"  {counted(each.attempts, 'time')}: {each.last_error!r}" if each.last_error else ""
        print(
            f"{each.id}  {each.state}  {each.kind}{amount}  {each.payment_ref or each.subscription_ref}  "
            f"due {each.due_at:%Y-%m-%d %H:%M}{error}"
        )
    if not operations:
        print("The payment provider was told everything.")
    return 0


def _retry(connection: Connection, options: argparse.Namespace) -> int:
    try:
        with connection.transaction():
            user_id = unfinished_operations.reschedule(connection, options.call)
            audit.record(
                connection,
                options.operator,
                "provider_operation.retry",
                user_id=user_id,
                target=("provider_operation", options.call),
                reason=options.reason,
            )
    except NotFound as error:
        print(error.message, file=sys.stderr)
        return 1
    counts = command.finish(billing.run_due(options.call))
    _list_operations(connection)
    return 0 if counts["done"] else 1


if __name__ == "__main__":
    sys.exit(main())
