"""Facts about subscriptions and payments, as payment providers report them, in any order.

Only a provider's folder in `providers/` and its client use its own names. Times are aware and in UTC, amounts in the
currency's smallest unit. A `ref` is a provider's id, which two providers may share: a fact is found by its `key`, the
provider's name and the ref. Our ids are UUIDs.
"""

from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID, uuid5

# Our ids are derived from the provider's, so that every process uses the same id for the same object.
NAMESPACE = UUID("6f2f6a53-0c53-4b0e-9d4c-2a7f4f8f6f11")
# The rank of a payment that is in no record yet.
NOT_STORED = UUID(int=0)

# The order in which statuses of a payment, a refund and a dispute may follow each other.
PAYMENT_STATUSES = ("failed", "authorized", "captured")
REFUND_STATUSES = ("pending", "failed", "processed")
DISPUTE_STATUSES = ("open", "action_required", "under_review", "closed", "won", "lost")

# A provider's name and its id of something.
type Key = tuple[str, str]
# `none`: no payment or authorization yet.
type Status = Literal["none", "trial", "active", "past_due", "unpaid", "paused", "cancelled"]
type Period = Literal["monthly", "yearly"]
# `oneai/currencies.py` has their digits.
type Currency = Literal["INR", "USD", "IDR"]
type ChangeReason = Literal[
    "new_subscription",
    "upgrade",
    "downgrade",
    "renewal",
    "payment_failure",
    "recovery",
    "cancellation",
    "refund",
    "pause",
    "resume",
    "reconciliation",
    "system",
]


@dataclass(frozen=True)
class Snapshot:
    """A subscription in the provider's state at `at`: when the event was created, or the request was sent (`fetched`).

    `our_id` is our id in its notes. `period_start` and `period_end` may belong to a period that is not paid for.
    `ended`: nothing can change any more; `ended_at` may be unknown even then. `paused_by_customer`: only the customer
    can resume it. `cancels`: it ends with its period at the provider. `changeable`: the provider can change its plan in
    place. `provisional`: it is a checkout, whose ref stands for the subscription until the provider has made one.
    """

    payment_provider: str
    ref: str
    our_id: UUID | None
    plan_ref: str
    status: Status
    at: datetime
    fetched: bool = False
    ended: bool = False
    ended_at: datetime | None = None
    expired: bool = False
    paid_count: int = 0
    failed_attempts: int = 0
    period_start: datetime | None = None
    period_end: datetime | None = None
    start_at: datetime | None = None
    expires_at: datetime | None = None
    quantity: int = 1
    offer_ref: str | None = None
    short_url: str | None = None
    paused_by_customer: bool = False
    cancels: bool = False
    changeable: bool = False
    provisional: bool = False

    @property
    def key(self) -> Key:
        """The subscription's identity."""
        return self.payment_provider, self.ref


class SyncRequest(NamedTuple):
    """A request to fetch from a provider: a subscription with its payments and refunds, or with its mandate's
    instrument; or an order. `page_ref`: of a subscription that is paid page by page, only this page."""

    payment_provider: str
    ref: str
    with_payments: bool
    with_mandate: bool = False
    is_order: bool = False
    page_ref: str = ""


def our_id(kind: Literal["order", "payment", "refund"], payment_provider: str, ref: str) -> UUID:
    """Our id for a provider's object."""
    return uuid5(NAMESPACE, f"{kind} {payment_provider} {ref}")


@dataclass(frozen=True)
class Order:
    """A one-off purchase without a subscription. `workspace_id` is None after erasure.

    `amount`, `currency` and `description` belong to the order, and are None until the order itself was observed; a
    payment contains only the ids of its order and user. `page_url`: the provider's page to pay it, if it has one.
    """

    payment_provider: str
    ref: str
    workspace_id: UUID | None
    amount: int | None = None
    currency: str | None = None
    description: str | None = None
    page_url: str | None = None

    @property
    def id(self) -> UUID:
        """Our id."""
        return our_id("order", self.payment_provider, self.ref)

    @property
    def key(self) -> Key:
        """The order's identity."""
        return self.payment_provider, self.ref

    def merge(self, other: "Order") -> "Order":
        """Merges two observations. The user and the contents of an order never change once they are known."""
        known = self if self.amount is not None or other.amount is None else other
        return replace(known, workspace_id=self.workspace_id, page_url=self.page_url or other.page_url)


@dataclass(frozen=True)
class Payment:
    """A payment of a subscription or an order. `status` only moves from authorized or failed to captured; refunds are
    separate facts.

    `denied_at`: a payment that was denied then gave its money back, if it was captured before.
    `at` is when it was created, `instrument` a hash of what an order was paid with, `country` where the card, account
    or wallet is from (`oneai/countries.py`), `fee` what the provider kept, if it says so. `period_*` is the period
    that it paid for, if known, and `period_from` the source of it. `invoiced_*` come from the provider's invoice.
    `subscription_ref` and `amount_refunded` come from an observation. `id`, `subscription_id` and `order_id` are
    ours, set when the payment is first stored; `quarantined_at` and `released_at` are the stored values.
    """

    payment_provider: str
    ref: str
    status: Literal["failed", "authorized", "captured"]
    at: datetime
    amount: int
    currency: str
    subscription_ref: str | None = None
    invoice_ref: str | None = None
    order_ref: str | None = None
    method: str | None = None
    amount_refunded: int = 0
    period_start: datetime | None = None
    period_end: datetime | None = None
    period_from: str | None = None
    invoiced_amount: int | None = None
    invoiced_currency: str | None = None
    invoiced_extras: tuple[str, ...] = ()
    instrument: bytes | None = None
    denied_at: datetime | None = None
    country: str | None = None
    fee: int | None = None
    id: UUID = NOT_STORED
    subscription_id: UUID | None = None
    order_id: UUID | None = None
    quarantined_at: datetime | None = None
    released_at: datetime | None = None

    @property
    def key(self) -> Key:
        """The payment's identity."""
        return self.payment_provider, self.ref

    def merge(self, other: "Payment") -> "Payment":
        """Merges two observations: the status only moves forward, and known fields remain."""
        latest = min(self, other, key=lambda each: (-PAYMENT_STATUSES.index(each.status), each.amount, each.currency))
        return replace(
            self,
            status=latest.status,
            at=min(self.at, other.at),
            amount=latest.amount,
            currency=latest.currency,
            invoice_ref=self.invoice_ref or other.invoice_ref,
            order_ref=self.order_ref or other.order_ref,
            method=self.method or other.method,
            instrument=min((each for each in (self.instrument, other.instrument) if each is not None), default=None),
            denied_at=min((each for each in (self.denied_at, other.denied_at) if each is not None), default=None),
            # A code says more than what a place is not, and sorts after it.
            fee=max((each for each in (self.fee, other.fee) if each is not None), default=None),
            country=max((each for each in (self.country, other.country) if each is not None), default=None),
            invoiced_amount=other.invoiced_amount if self.invoiced_amount is None else self.invoiced_amount,
            invoiced_currency=self.invoiced_currency or other.invoiced_currency,
            invoiced_extras=tuple(sorted({*self.invoiced_extras, *other.invoiced_extras})),
        )._with_period_of(other)

    def _with_period_of(self, other: "Payment") -> "Payment":
        """The period from the invoice wins over the subscription's; of two from the same source, the earlier one
        wins."""
        if other.period_start is None or other.period_end is None or other.period_from is None:
            return self
        if self.period_start is not None and self.period_end is not None:
            if self.period_from == "invoice" and other.period_from != "invoice":
                return self
            periods = (self.period_start, self.period_end), (other.period_start, other.period_end)
            if self.period_from == other.period_from and periods[0] <= periods[1]:
                return self
        return replace(
            self, period_start=other.period_start, period_end=other.period_end, period_from=other.period_from
        )


@dataclass(frozen=True)
class ObservedInvoice:
    """The provider's own invoice of one charge. `extras` are the kinds of its lines besides the plan's; `proration` is
    the difference to a larger plan for the rest of a period."""

    payment_provider: str
    ref: str
    subscription_ref: str | None
    payment_ref: str | None
    order_ref: str | None
    amount: int
    currency: str
    period_start: datetime | None
    period_end: datetime | None
    paid: bool
    extras: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refund:
    """A refund. `operation_id` is our operation in its notes, None for a refund that we did not request. `returned`: it
    has failed for good, also if it had been processed before, as a bank may send money back days later."""

    payment_provider: str
    ref: str
    payment_ref: str
    amount: int
    status: Literal["pending", "failed", "processed"]
    at: datetime
    operation_id: UUID | None = None
    returned: bool = False

    @property
    def key(self) -> Key:
        """The refund's identity."""
        return self.payment_provider, self.ref

    @property
    def payment_key(self) -> Key:
        """The identity of its payment."""
        return self.payment_provider, self.payment_ref

    def merge(self, other: "Refund") -> "Refund":
        """Merges two observations: the status only moves forward, except that what was returned has failed."""
        returned = self.returned or other.returned
        return replace(
            self,
            status="failed" if returned else max(self.status, other.status, key=REFUND_STATUSES.index),
            at=min(self.at, other.at),
            operation_id=self.operation_id or other.operation_id,
            returned=returned,
        )


@dataclass(frozen=True)
class Dispute:
    """A dispute of a payment by its payer's bank; `at` is when it entered its status."""

    payment_provider: str
    ref: str
    payment_ref: str
    status: Literal["open", "action_required", "under_review", "closed", "won", "lost"]
    at: datetime

    @property
    def key(self) -> Key:
        """The dispute's identity."""
        return self.payment_provider, self.ref

    @property
    def payment_key(self) -> Key:
        """The identity of its payment."""
        return self.payment_provider, self.payment_ref

    def merge(self, other: "Dispute") -> "Dispute":
        """The later status; of two equal ones, the earlier observation."""
        return min(self, other, key=lambda each: (-DISPUTE_STATUSES.index(each.status), each.at))


@dataclass(frozen=True)
class LifecycleEvent:
    """An event of a subscription that no later snapshot shows. `n` is the number of the failed attempt."""

    payment_provider: str
    subscription_ref: str
    kind: Literal["paused", "resumed", "attempt_failed", "halted"]
    at: datetime
    n: int | None = None

    @property
    def key(self) -> tuple[Key, str, datetime]:
        """The identity: there is one event of a kind at a moment."""
        return self.subscription_key, self.kind, self.at

    @property
    def subscription_key(self) -> Key:
        """The identity of its subscription."""
        return self.payment_provider, self.subscription_ref

    def merge(self, other: "LifecycleEvent") -> "LifecycleEvent":
        """Of two attempts within a second, the later one wins."""
        return replace(self, n=max((each.n for each in (self, other) if each.n is not None), default=None))


@dataclass(frozen=True)
class ObservedInstrument:
    """The instrument of a subscription's mandate, hashed; `at` is when it became known."""

    payment_provider: str
    subscription_ref: str
    instrument: bytes
    at: datetime


@dataclass(frozen=True)
class Observation:
    """All facts of one event, or of one answer of a provider. `sync_requests`: what it says changed without proving
    how, so that it is fetched."""

    snapshots: tuple[Snapshot, ...] = ()
    payments: tuple[Payment, ...] = ()
    invoices: tuple[ObservedInvoice, ...] = ()
    refunds: tuple[Refund, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    lifecycle_events: tuple[LifecycleEvent, ...] = ()
    instruments: tuple[ObservedInstrument, ...] = ()
    orders: tuple[Order, ...] = ()
    sync_requests: tuple[SyncRequest, ...] = ()

    @property
    def payment_provider(self) -> str | None:
        """The provider of its facts; None without any. Raises ValueError for facts of several providers."""
        names = {each.payment_provider for part in fields(self) for each in getattr(self, part.name)}
        if len(names) > 1:
            raise ValueError("an observation of several providers")
        return next(iter(names), None)


@dataclass(frozen=True)
class Event:
    """An event of a provider; `kind` is the provider's name for it, for operators. An empty `observation` means that
    we do not process this kind."""

    payment_provider: str
    event_id: str
    kind: str
    at: datetime | None
    observation: Observation = field(default_factory=Observation)
    subscription_ref: str | None = None
    payment_ref: str | None = None
    invoice_ref: str | None = None
