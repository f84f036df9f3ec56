"""`python -m ops.payments`, which is `make payments`: payments and provider operations that need an operator.

    make payments                                                     quarantined ones, which match nothing sold
    make payments ARGS="list"                                         the newest, with their refunds
    make payments ARGS="release pay_3nDpF7… --reason 'by phone'"       accepts one as sold; or stripe/pi_3…
    make payments ARGS="calls"                                        refunds and cancellations that are not done
    make payments ARGS="retry 0b7c5d1e-…"                              retries one of them now; may have a --reason

Uses the database at DATABASE_URL, else that of the local stack; `retry` needs Razorpay's key.
"""

import argparse
import sys
from uuid import UUID

from oneai.admin import payments, provider_operations
from oneai.admin.payments import Payment
from oneai.admin.provider_operations import ProviderOperation
from oneai.errors import NotFound
from oneai.notifications import formatting
from ops import command
from ops.command import Connection, counted

LIST_LIMIT = 200


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database is unavailable or the request is refused."""
    return command.run(_arguments(), _do, arguments)


def _arguments() -> argparse.ArgumentParser:
    parser = command.Parser(prog="make payments", description="Payments that an operator must look at.")
    actions = parser.add_subparsers(dest="action")
    listing = actions.add_parser("list", help="list the newest payments, with refunds")
    listing.add_argument("--quarantined", action="store_true")
    release = actions.add_parser("release", help="accept a quarantined payment")
    release.add_argument("payment", help="its id, here or at the provider, as pi_3… or stripe/pi_3…")
    command.add_reason(release, required=True)
    actions.add_parser("calls", help="list refunds and cancellations that have not succeeded")
    retry = actions.add_parser("retry", help="retry one of these now")
    retry.add_argument("call", type=UUID)
    command.add_reason(retry)
    return parser


def _do(connection: Connection, options: argparse.Namespace) -> int:  # noqa: ARG001 — as all commands are called
    match options.action:
        case "release":
            return _release(options)
        case "calls":
            return _list_operations()
        case "retry":
            return _retry(options)
        case "list" if not options.quarantined:
            return _list(quarantined=False)
    return _list(quarantined=True)


def _list(*, quarantined: bool) -> int:
    page = command.finish(payments.list_payments(quarantined=quarantined, cursor=None, limit=LIST_LIMIT))
    for payment in reversed(page.items):
        who = payment.email or payment.user_id
        named = f"{payment.payment_provider}/{payment.ref}"
        print(f"{payment.created_at:%Y-%m-%d %H:%M}  {named}  {who}  {_description(payment)}")
    if not page.items:
        print("No payment is quarantined." if quarantined else "There are no payments.")
    return 0


def _description(payment: Payment) -> str:
    """The payment, its refunds, and the plan that it paid for."""
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


def _release(options: argparse.Namespace) -> int:
    try:
        command.finish(payments.release(options.actor, options.payment, options.reason))
    except NotFound as error:
        print(error.message, file=sys.stderr)
        return 1
    print(f"{options.payment} counts from now on.")
    return 0


def _list_operations() -> int:
    operations = command.finish(_unfinished())
    for each in operations:
        amount = "" if each.amount is None else f" {formatting.money(each.amount, each.currency or '')}"
        error = f"  {counted(each.attempts, 'time')}: {each.last_error!r}" if each.last_error else ""
        print(
            f"{each.id}  {each.state}  {each.kind}{amount}  {each.payment_ref or each.subscription_ref}  "
            f"due {each.due_at:%Y-%m-%d %H:%M}{error}"
        )
    if not operations:
        print("Every operation was sent to the payment provider.")
    return 0


async def _unfinished() -> list[ProviderOperation]:
    """Pending and failed operations, the first due first."""
    pages = [
        await provider_operations.list_operations("pending", None, LIST_LIMIT),
        await provider_operations.list_operations("failed", None, LIST_LIMIT),
    ]
    return sorted((each for page in pages for each in page.items), key=lambda each: (each.due_at, each.id))


def _retry(options: argparse.Namespace) -> int:
    try:
        operation = command.finish(provider_operations.retry(options.actor, options.call, options.reason))
    except NotFound as error:
        print(error.message, file=sys.stderr)
        return 1
    _list_operations()
    return 0 if operation.state == "succeeded" else 1


if __name__ == "__main__":
    sys.exit(main())
