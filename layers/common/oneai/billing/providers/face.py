"""The face of a payment provider: what `billing` calls, and all that it knows of one.

A provider is a package beside this file, found by its name (`providers/__init__.py`), whose module-level names match
`PaymentProvider`. Its `capabilities.py` has only its `CAPABILITIES`. Importing the package imports no library of the
provider and no HTTP client, because a webhook starts with it.

Every fact that a provider returns names it first: `Payment("stripe", "pi_1", …)`. Amounts are in the currency's
smallest unit as we store it, times are aware and in UTC.

Errors: the client raises `billing_errors.PaymentProviderUnavailable` if no answer came, after which the effect is
unknown, and `billing_errors.ProviderError` if the provider refused. `send` raises NotChangeable, whose message is
for the user.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID

from oneai.billing.facts import Dispute, Event, Observation, Order, Period, Refund, Snapshot
from oneai.billing.providers.capabilities import Capabilities


@dataclass(frozen=True)
class Signature:
    """What the signature of a webhook proves. `problem`: why it is refused, in words for operators; None if a secret of
    ours made it. `may_be_newer`: it may be made by a secret that this process has not read yet. `problem_at`: the
    same at a moment of the database's clock, for a signature that ends with time."""

    problem: str | None = None
    may_be_newer: bool = False
    problem_at: Callable[[datetime], str | None] | None = None


@dataclass(frozen=True)
class Fetch:
    """What to read from the provider: a subscription, an order, or, where the provider lists payments, what a payment
    pays.

    `with_payments`: also its invoices, all attempts to pay them, and their refunds; an order always has them. Of
    `closed_invoices` only the invoices themselves. `payments_with_pending_refund`: payments to look at because a
    refund that failed may not show at its payment. `with_mandate`: also what the mandate was authorized for.
    `page_ref`: of a subscription that is paid page by page, only this page. `at`: a moment of the stack's clock before
    the request, if the caller has one.
    """

    ref: str
    kind: Literal["subscription", "order", "payment"] = "subscription"
    with_payments: bool = False
    with_mandate: bool = False
    closed_invoices: Collection[str] = ()
    payments_with_pending_refund: Collection[str] = ()
    page_ref: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class SubscriptionCheckout:
    """A subscription to open, unpaid: `quantity` prices of `plan_ref` a period, at most `charges` times.

    `our_id` and `workspace_id` are stored with it at the provider; `our_id` is also its idempotency key where there
    are such keys. `return_url`: where a provider's page sends its payer.
    """

    our_id: UUID
    workspace_id: UUID
    plan_ref: str
    quantity: int
    amount: int
    currency: str
    period: Period
    charges: int
    start_at: datetime | None = None
    expires_at: datetime | None = None
    offer_ref: str | None = None
    return_url: str = ""


@dataclass(frozen=True)
class OrderCheckout:
    """An order to open, which is paid once and without a subscription. `terms`: what a provider's own module adds, such
    as a mandate for later debits."""

    order_id: UUID
    workspace_id: UUID
    amount: int
    currency: str
    description: str
    expires_at: datetime | None = None
    return_url: str = ""
    terms: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Cancel:
    """Ends a subscription, at the end of its period or immediately. Does nothing if it has ended."""

    ref: str
    at_period_end: bool


@dataclass(frozen=True)
class RefundPayment:
    """Refunds a part of a payment, or all of it, once for each `operation_id`, however often it is sent."""

    payment_ref: str
    amount: int
    currency: str
    operation_id: UUID


@dataclass(frozen=True)
class ChangePlan:
    """Changes the plan of a subscription in place and immediately."""

    ref: str
    plan_ref: str


@dataclass(frozen=True)
class Pause:
    """Pauses an active subscription."""

    ref: str


@dataclass(frozen=True)
class Resume:
    """Resumes a subscription that we paused."""

    ref: str


type Operation = Cancel | RefundPayment | ChangePlan | Pause | Resume


@dataclass(frozen=True)
class ObservedPlan:
    """A plan at the provider: `amount` for each `period`. `tier` is known if we created it."""

    ref: str
    tier: str | None
    period: Period
    currency: str
    amount: int


@dataclass(frozen=True)
class ListedPayment:
    """A captured payment in the provider's list. `refunded`: all of it went back. `fee`: what the provider charged
    for it, in the same currency, if the provider reports it."""

    ref: str
    at: datetime
    amount: int
    currency: str
    refunded: bool
    fee: int | None = None


@dataclass(frozen=True)
class Mandate:
    """What a payment authorized, and whom its payer named. Without a `token_ref`, it authorized nothing, or the mandate
    has ended."""

    customer_ref: str | None
    token_ref: str | None
    email: str = ""
    contact: str = ""


@dataclass(frozen=True)
class Debit:
    """A debit by a mandate, of an order that was opened with `debited`. If the provider has idempotency keys, the key
    is `operation_id`."""

    order_ref: str
    mandate: Mandate
    amount: int
    currency: str
    description: str
    workspace_id: UUID
    operation_id: UUID


type DebitRefusal = Literal["declined", "confirmation_required", "not_authorized"]


class DebitRefused(Exception):
    """A debit was refused, and would be refused again: `declined` by the payer's bank, `confirmation_required` if the
    bank wants the payer to confirm it, `not_authorized` if the mandate has ended."""

    def __init__(self, why: DebitRefusal) -> None:
        super().__init__(why)
        self.why: DebitRefusal = why


class NotChangeable(Exception):
    """The provider refuses this for this subscription; `message` is for its user."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class PaymentProvider(Protocol):
    """A payment provider. A module matches it."""

    NAME: str
    CAPABILITIES: Capabilities

    def is_configured(self) -> bool:
        """Whether its secrets are set. Without them it does not exist: no webhook, no checkout."""

    def verify(self, body: bytes, headers: Mapping[str, str]) -> Signature:
        """What the signature over these raw bytes proves. Names of headers are case-insensitive."""

    def event_id(self, body: bytes, headers: Mapping[str, str]) -> str:
        """The provider's id of the event; empty if it has none."""

    def observe(self, event_id: str, body: bytes) -> Event:
        """The event in our words. What it does not prove, or what depends on the order of events, is in
        `Observation.sync_requests` instead and is fetched. Raises ValueError if it cannot be read."""

    async def fetch(self, what: Fetch) -> Observation:
        """What the provider shows now."""

    async def open_checkout(self, checkout: SubscriptionCheckout) -> Snapshot:
        """Opens an unpaid subscription. Its `short_url` is the provider's page, whose host was checked.
        `provisional`: the provider makes the subscription when it is paid, and until then the checkout's ref stands for
        it."""

    async def find_checkout(self, our_id: UUID, plan_ref: str, since: datetime) -> Snapshot | None:
        """What `open_checkout` opened for `our_id` since then, if its answer was lost."""

    async def is_payable(self, ref: str) -> bool:
        """Whether the page of an unpaid subscription or order can still be paid. Only asked where the checkout is a
        redirect, before its payer is sent there again."""

    async def open_order(self, checkout: OrderCheckout) -> Order:
        """Opens an order. Its `page_url` is the provider's page, if there is one, whose host was checked. A lost
        answer is no loss, as an order that no payer has seen is never paid."""

    def checkout_options(self, ref: str, plan_ref: str) -> dict[str, str]:
        """The options of the provider's script in our page; empty where the checkout is a redirect."""

    def order_options(self, ref: str) -> dict[str, str]:
        """The same for an order."""

    async def send(self, operation: Operation) -> Observation:
        """Makes an operation, and returns what the provider shows after it. Raises NotChangeable."""

    async def changes_in_place(self, payment_ref: str) -> bool:
        """Whether the plan of a subscription that this payment paid can be changed in place."""

    def proration(self, more: int, starts: datetime, ends: datetime, at: datetime) -> int:
        """What ChangePlan charges at `at` if the period from `starts` to `ends` costs `more`."""

    async def portal_url(self, ref: str, short_url: str | None) -> str | None:
        """The provider's page to pay a subscription and change what is debited; None if there is none. `short_url` is
        that of its newest snapshot."""

    async def create_plan(self, *, tier: str, period: Period, currency: str, amount: int) -> str:
        """Creates a plan that charges `amount` for each period, and returns its ref."""

    async def list_plans(self) -> tuple[ObservedPlan, ...]:
        """All monthly and yearly plans, newest first."""


class DebitsOrders(PaymentProvider, Protocol):
    """A payment provider whose capability `debits_orders` is set."""

    async def customer_of(self, workspace_id: UUID, email: str) -> str:
        """Returns the ref of the workspace's customer with this address, which is created if there is none."""
        ...

    def authorizing(self, customer_ref: str, currency: str) -> dict[str, Any]:
        """The terms of an order whose payment authorizes later debits."""
        ...

    def authorizing_options(self, ref: str, customer_ref: str) -> dict[str, Any]:
        """`order_options` of such an order."""
        ...

    def debited(self, customer_ref: str, token_ref: str, charge_at: datetime, currency: str) -> dict[str, Any]:
        """The terms of an order that is debited from `charge_at` on. The provider notifies its payer if the law demands
        it."""
        ...

    async def fetch_mandate(self, payment_ref: str) -> Mandate:
        """What a captured payment authorized, as it is now."""
        ...

    async def debit(self, debit: Debit) -> None:
        """Debits an order. The result is among the order's payments, immediately or days later. Raises DebitRefused,
        ProviderError with a status other than 400 if nothing was tried, and PaymentProviderUnavailable if the debit
        may have been made."""
        ...

    async def end_mandate(self, customer_ref: str, token_ref: str) -> None:
        """Ends a mandate, so that nothing can be debited by it. Does nothing if it has ended."""
        ...


class ListsPayments(PaymentProvider, Protocol):
    """A payment provider whose capability `lists_payments` is set."""

    async def list_refunds(self, since: datetime, until: datetime) -> tuple[Refund, ...]:
        """The refunds of our account that were made in this time, to any buyer. One that cannot be read is logged and
        left out."""
        ...

    async def list_disputes(self, since: datetime, at: datetime) -> tuple[Dispute, ...]:
        """The disputes of our account that were opened since then, by any buyer. A list does not show when a dispute
        entered its status, so that time is `at`, which is now. One that cannot be read is logged and left out."""
        ...

    async def list_payments(self, since: datetime, until: datetime) -> tuple[ListedPayment, ...]:
        """The captured payments of our account that were made in this time, of any buyer."""
