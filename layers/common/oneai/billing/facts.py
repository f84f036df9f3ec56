"""What a payment provider can tell of subscriptions and money, in our words: what arrives, whatever its order.

Only the provider's own door and its mapping know its words. Times are aware and UTC, amounts in the currency's smallest
unit. A `ref` is the provider's id of a thing; ids of ours are UUIDs.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

# `none`: nobody has paid or authorized anything yet.
type Status = Literal["none", "trial", "active", "past_due", "unpaid", "paused", "cancelled"]
type Period = Literal["monthly", "yearly"]
type Currency = Literal["INR", "USD"]
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
    """A subscription as the provider had it at the moment `at`: when the event was made, or when we asked (`asked`).

    `our_id` is the id of ours that we noted there. `period_start` and `period_end` may be those of a period that is
    not paid for. `ended` says that nothing will ever change again; `ended_at` may be unknown even then.
    `paused_by_customer`: only they can resume it. `changeable`: the provider can change its plan in place.
    """

    ref: str
    our_id: UUID | None
    plan_ref: str
    status: Status
    at: datetime
    asked: bool = False
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
    changeable: bool = False


@dataclass(frozen=True)
class PaymentSeen:
    """A payment. `status` only ever goes authorized or failed → captured; refunds are facts of their own.

    `at` is when the payment was made. `period_*` say what it paid for, where this source knows; `period_from` which
    source that is.
    """

    ref: str
    status: Literal["authorized", "captured", "failed"]
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
    period_from: Literal["invoice", "subscription"] | None = None


@dataclass(frozen=True)
class InvoiceSeen:
    """The provider's own invoice of one charge. `extras` are the kinds of its lines beside the plan's,
    `proration` what is missing for the rest of a period to a larger plan."""

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
class RefundSeen:
    """Money that goes back. `call_id` is what we noted there when we sent it; None where somebody else did."""

    ref: str
    payment_ref: str
    amount: int
    status: Literal["pending", "processed", "failed"]
    at: datetime
    call_id: UUID | None = None


@dataclass(frozen=True)
class DisputeSeen:
    """A payment its payer's bank questions."""

    ref: str
    payment_ref: str
    status: Literal["open", "under_review", "action_required", "won", "lost", "closed"]
    at: datetime


@dataclass(frozen=True)
class Mark:
    """Something that happened to a subscription and that no later snapshot tells. `n`: which attempt failed."""

    subscription_ref: str
    kind: Literal["paused", "resumed", "attempt_failed", "halted"]
    at: datetime
    n: int | None = None


@dataclass(frozen=True)
class ObservedInstrument:
    """What the mandate of a subscription was given for, hashed; `at` is when we learned that."""

    subscription_ref: str
    instrument: bytes
    at: datetime


@dataclass(frozen=True)
class Observation:
    """All that one event, one answer or one look at the provider told."""

    snapshots: tuple[Snapshot, ...] = ()
    payments: tuple[PaymentSeen, ...] = ()
    invoices: tuple[InvoiceSeen, ...] = ()
    refunds: tuple[RefundSeen, ...] = ()
    disputes: tuple[DisputeSeen, ...] = ()
    marks: tuple[Mark, ...] = ()
    instruments: tuple[ObservedInstrument, ...] = ()


@dataclass(frozen=True)
class Event:
    """One event of the provider: `kind` is its own name for it, for operators. Empty `observed`: nothing we follow."""

    event_id: str
    kind: str
    at: datetime | None
    observed: Observation = field(default_factory=Observation)
    subscription_ref: str | None = None
    payment_ref: str | None = None
    invoice_ref: str | None = None
