"""Stripe as a payment provider: the face of `providers/face.py`.

Only this package and its client, `oneai/clients/stripe.py`, use Stripe's names. A subscription begins with a Checkout
Session, whose ref stands for it until Stripe makes the subscription; an order is a Checkout Session in payment mode.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from oneai.billing.facts import Dispute, Event, Observation, Order, Period, Refund, Snapshot
from oneai.billing.providers.face import (
    Cancel,
    ChangePlan,
    Debit,
    Fetch,
    ListedPayment,
    Mandate,
    NotChangeable,
    ObservedPlan,
    Operation,
    OrderCheckout,
    Pause,
    RefundPayment,
    Resume,
    Signature,
    SubscriptionCheckout,
)
from oneai.billing.providers.stripe.capabilities import CAPABILITIES
from oneai.billing.providers.stripe.entities import NAME
from oneai.billing.providers.stripe.events import event_id_of, event_of
from oneai.billing.providers.stripe.values import DEBIT
from oneai.clients.stripe import is_configured, signature_problem

if TYPE_CHECKING:
    from oneai.billing.providers import stripe
    from oneai.billing.providers.face import DebitsOrders, ListsPayments

    _: ListsPayments = stripe
    _debits: DebitsOrders = stripe

__all__ = [
    "CAPABILITIES",
    "NAME",
    "authorizing",
    "authorizing_options",
    "changes_in_place",
    "checkout_options",
    "create_plan",
    "customer_of",
    "debit",
    "debited",
    "end_mandate",
    "event_id",
    "fetch",
    "fetch_mandate",
    "find_checkout",
    "is_configured",
    "is_payable",
    "list_disputes",
    "list_payments",
    "list_plans",
    "list_refunds",
    "observe",
    "open_checkout",
    "open_order",
    "order_options",
    "portal_url",
    "proration",
    "send",
    "verify",
]

_OTHER_SECRET = "another secret"  # noqa: S105  a problem's text


def verify(body: bytes, headers: Mapping[str, str]) -> Signature:
    """What the signature over these raw bytes proves."""
    sent = {name.lower(): value for name, value in headers.items()}
    problem = signature_problem(body, sent.get("stripe-signature", ""))
    return Signature(problem, may_be_newer=problem == _OTHER_SECRET)


def event_id(body: bytes, headers: Mapping[str, str]) -> str:  # noqa: ARG001  it is in the signed body
    """The event's id."""
    return event_id_of(body)


def observe(event_id: str, body: bytes) -> Event:
    """The event in our words. Raises ValueError if it cannot be read."""
    return event_of(event_id, body)


async def fetch(what: Fetch) -> Observation:
    """A subscription, an order, or what a payment pays, as it is now."""
    from oneai.billing.providers.stripe import listed, reading

    return await listed.fetch_paid(what.ref) if what.kind == "payment" else await reading.fetch(what)


async def find_checkout(our_id: UUID, plan_ref: str, since: datetime) -> Snapshot | None:
    """What was opened for `our_id` since then."""
    from oneai.billing.providers.stripe import reading

    return await reading.find_checkout(our_id, plan_ref, since)


async def open_checkout(checkout: SubscriptionCheckout) -> Snapshot:
    """Opens a Checkout Session for a subscription."""
    from oneai.billing.providers.stripe import requests

    return await requests.open_checkout(checkout)


async def open_order(checkout: OrderCheckout) -> Order:
    """Opens a Checkout Session for one payment."""
    from oneai.billing.providers.stripe import requests

    return await requests.open_order(checkout)


async def is_payable(ref: str) -> bool:
    """Whether a Checkout Session has not expired. A payment that fails leaves it open, and one that is complete must
    not be paid again."""
    from oneai.billing.providers.stripe import reading

    return not ref.startswith(reading.CHECKOUT) or (await reading.read_checkout(ref)).get("status") != "expired"


def checkout_options(ref: str, plan_ref: str) -> dict[str, str]:  # noqa: ARG001  the checkout is a redirect
    """None: the checkout is a redirect."""
    return {}


def order_options(ref: str) -> dict[str, str]:  # noqa: ARG001  the checkout is a redirect
    """None: the checkout is a redirect."""
    return {}


async def send(operation: Operation) -> Observation:
    """Makes an operation. Raises NotChangeable."""
    from oneai.billing.providers.stripe import requests

    match operation:
        case Cancel():
            return await requests.cancel(operation)
        case RefundPayment():
            return await requests.refund(operation)
        case ChangePlan():
            raise NotChangeable("The plan of this subscription cannot be changed in place.")
        case Pause() | Resume():
            raise NotChangeable("This subscription cannot be paused.")


async def changes_in_place(payment_ref: str) -> bool:  # noqa: ARG001  of any payment
    """Never: a new subscription replaces the old one, so that units follow captured payments."""
    return False


def proration(more: int, starts: datetime, ends: datetime, at: datetime) -> int:
    """The remaining share of `more`, rounded down."""
    return (more * (ends - at)) // (ends - starts)


async def portal_url(ref: str, short_url: str | None) -> str | None:
    """The customer portal, or the page of a checkout that is not paid."""
    from oneai.billing.providers.stripe import requests

    return await requests.portal_url(ref, short_url)


async def create_plan(*, tier: str, period: Period, currency: str, amount: int) -> str:
    """Creates the price of a plan, and returns its ref."""
    from oneai.billing.providers.stripe import plans

    return await plans.create_plan(tier=tier, period=period, currency=currency, amount=amount)


async def list_plans() -> tuple[ObservedPlan, ...]:
    """All active monthly and yearly prices, newest first."""
    from oneai.billing.providers.stripe import plans

    return await plans.list_plans()


async def list_disputes(since: datetime, at: datetime) -> tuple[Dispute, ...]:
    """The disputes that were opened from this second on, in the statuses that they have at `at`."""
    from oneai.billing.providers.stripe import listed

    return await listed.list_disputes(since, at)


async def list_payments(since: datetime, until: datetime) -> tuple[ListedPayment, ...]:
    """The captured payments that were made between these seconds, both included."""
    from oneai.billing.providers.stripe import listed

    return await listed.list_payments(since, until)


async def list_refunds(since: datetime, until: datetime) -> tuple[Refund, ...]:
    """The refunds that were made between these seconds, both included."""
    from oneai.billing.providers.stripe import listed

    return await listed.list_refunds(since, until)


async def customer_of(workspace_id: UUID, email: str) -> str:  # noqa: ARG001  a workspace has one customer
    """Returns the ref of the workspace's customer, which is created if there is none."""
    from oneai.billing.providers.stripe import customers

    return await customers.customer_of(workspace_id)


def authorizing(customer_ref: str, currency: str) -> dict[str, Any]:  # noqa: ARG001  as the face
    """What makes a Checkout Session store its payment method for debits without the payer."""
    return {"setup_future_usage": "off_session"}


def authorizing_options(ref: str, customer_ref: str) -> dict[str, Any]:  # noqa: ARG001  the checkout is a redirect
    """None: the checkout is a redirect."""
    return {}


def debited(customer_ref: str, token_ref: str, charge_at: datetime, currency: str) -> dict[str, Any]:  # noqa: ARG001
    """What makes an order a payment intent without a page. Stripe notifies the payer if a debit needs that."""
    return {DEBIT: customer_ref}


async def fetch_mandate(payment_ref: str) -> Mandate:
    """What a payment authorized, as it is now."""
    from oneai.billing.providers.stripe import recurring

    return await recurring.fetch_mandate(payment_ref)


async def debit(debit: Debit) -> None:
    """Confirms the payment intent of an order, once. Raises as the face says."""
    from oneai.billing.providers.stripe import recurring

    await recurring.debit(debit)


async def end_mandate(customer_ref: str, token_ref: str) -> None:
    """Detaches a payment method from its customer, unless a subscription is debited by it."""
    from oneai.billing.providers.stripe import recurring

    await recurring.end_mandate(customer_ref, token_ref)
