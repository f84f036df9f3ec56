"""The facts of one workspace, from which the state is projected: subscriptions, payments, refunds, disputes and
grants."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, NamedTuple
from uuid import UUID

from oneai.billing.credit_facts import CreditOrder
from oneai.billing.facts import Dispute, Key, LifecycleEvent, Order, Payment, Refund, Snapshot
from oneai.billing.providers.capabilities import Capabilities, capabilities_of
from oneai.plans.limits_and_prices import WorkspaceKind, lowest_plan

# The provider of payments that operators record.
BANK_TRANSFER = "bank_transfer"
# Postgres's `infinity`.
FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class KnownPrice:
    """The price of one period of a provider's plan, current or past."""

    payment_provider: str
    plan_ref: str
    tier: str
    period: str
    currency: str
    amount: int


@dataclass(frozen=True)
class SnapshotHistory:
    """What all snapshots of a subscription showed together. It only grows, so their order does not matter.

    `authorized_at`: the earliest with a mandate and without a charge; `alive_at`: the last that was to be charged and
    so was not paused; `ended_at`: the earliest end in any of them.
    """

    plan_refs: frozenset[str] = frozenset()
    offer_refs: frozenset[str] = frozenset()
    quantities: frozenset[int] = frozenset()
    authorized_at: datetime | None = None
    alive_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True)
class Subscription:
    """One subscription of ours: as it was requested, and its newest snapshot.

    `access_ends_at` is when it was ended immediately, `trial_end` when the offered trial ends. `checkout_cancelled`: it
    was abandoned before any payment was known. `ended_by_user`: the user ended it immediately, and gets refunds, with
    `rest_as_credits` also credits for what cannot go back. `account_closed_at`: when closing the account last requested
    its end. `instrument`: the mandate's, hashed, known since `instrument_at`; `mandate_noted_at`: when the mandate was
    stored. `billing_country`, `network_country`: when its checkout was opened.
    """

    id: UUID
    tier: str
    created_at: datetime
    payment_provider: str
    ref: str | None = None
    stored_status: str = "none"
    period: str | None = None
    currency: str | None = None
    amount: int | None = None
    quantity: int = 1
    plan_ref: str | None = None
    offer_ref: str | None = None
    short_url: str | None = None
    expires_at: datetime | None = None
    start_at: datetime | None = None
    replaces: UUID | None = None
    cancel_requested_at: datetime | None = None
    access_ends_at: datetime | None = None
    trial_end: datetime | None = None
    checkout_cancelled: bool = False
    ended_by_user: bool = False
    rest_as_credits: bool = False
    account_closed_at: datetime | None = None
    instrument: bytes | None = None
    instrument_at: datetime | None = None
    mandate_noted_at: datetime | None = None
    billing_country: str | None = None
    network_country: str | None = None
    snapshot: Snapshot | None = None
    snapshot_history: SnapshotHistory = SnapshotHistory()

    @property
    def key(self) -> Key | None:
        """Its identity at the provider; None until the provider has it."""
        return None if self.ref is None else (self.payment_provider, self.ref)

    @property
    def law(self) -> Capabilities:
        """What its provider allows, and when it acts."""
        return capabilities_of(self.payment_provider)

    @property
    def provisional(self) -> bool:
        """Whether its ref is that of a checkout, which no payment has made a subscription yet."""
        if self.snapshot is None:
            # The checkout was stored, and what the provider showed of it was not.
            return self.ref is not None and capabilities_of(self.payment_provider).checkout == "redirect"
        return self.snapshot.provisional

    @property
    def ended(self) -> bool:
        """Whether it ended at the provider, which never charges it again."""
        return self.snapshot is not None and self.snapshot.ended

    @property
    def ended_at(self) -> datetime | None:
        """When it ended at the provider, if any snapshot shows that."""
        return self.snapshot_history.ended_at if self.ended else None


@dataclass(frozen=True)
class SeatOrder:
    """`seats` that were added to the current period of a subscription, paid for with the order `ref` (None until the
    provider has it).

    `quoted_at`: from when to `period_end` they are paid for; the period began at `period_start`. A payment later than
    `expires_at` buys nothing.
    """

    id: UUID
    subscription_id: UUID
    payment_provider: str
    seats: int
    quoted_at: datetime
    period_start: datetime
    period_end: datetime
    expires_at: datetime
    ref: str | None = None

    @property
    def key(self) -> Key | None:
        """The identity of its order; None until the provider has it."""
        return None if self.ref is None else (self.payment_provider, self.ref)


@dataclass(frozen=True)
class Offer:
    """A plan that an operator offered to the workspace for a number of `months`. `limits` are those of the whole
    workspace by key: each quota, `storage_bytes` and `document_pages`.

    It is paid with the provider's order `key`, or by a bank transfer, whose order is `transfer_key`. A checkout later
    than `valid_until` or `withdrawn_at` buys nothing. `starts_at`: when its period starts if it is paid before.
    """

    id: UUID
    plan_id: str
    seats: int
    limits: Mapping[str, int]
    amount: int
    currency: str
    months: int
    valid_until: datetime
    starts_at: datetime | None = None
    withdrawn_at: datetime | None = None
    payment_provider: str | None = None
    ref: str | None = None

    @property
    def key(self) -> Key | None:
        """The identity of its order at a provider; None until one has it."""
        return None if self.payment_provider is None or self.ref is None else (self.payment_provider, self.ref)

    @property
    def transfer_key(self) -> Key:
        """The identity of the order that a bank transfer pays."""
        return BANK_TRANSFER, f"bank:{self.id}"


@dataclass(frozen=True)
class PlanGrant:
    """A plan that an operator granted."""

    id: int
    tier: str
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Trial:
    """The trial this user has had."""

    subscription_id: UUID
    started_at: datetime


# `payment_reversed`: a payment came back; `erased`: its user was deleted; `operator`: an operator
# decided it.
type OperationReason = Literal[
    "requested", "replaced", "duplicate", "unexpected_charge", "payment_reversed", "erased", "operator"
]


@dataclass(frozen=True)
class RefundOperation:
    """A refund that was decided before. `sent`: a worker has claimed it, so its key is valid only for this amount."""

    id: UUID
    payment_id: UUID
    reason: OperationReason
    state: Literal["pending", "succeeded", "cancelled", "failed"]
    amount: int
    as_of: datetime | None
    sent: bool


class UsageQuery(NamedTuple):
    """A query for the usage of a tier's quotas between two moments."""

    tier: str
    since: datetime
    until: datetime


@dataclass(frozen=True)
class QuotaUse:
    """Units `used` of a quota key; the plan grants `limit` of them in each window."""

    key: str
    limit: int
    window: Literal["3hour", "daily", "monthly"]
    used: int


@dataclass
class BillingRecord:
    """The facts of one workspace, of all its payment providers; `workspace_id` is None after erasure. Payments, refunds
    and disputes are found by the provider and its reference.

    `instruments_with_trial`: hashes of instruments that had a trial with other users. `payments_with_receipt`: payments
    that were valid before.
    """

    workspace_id: UUID | None
    subscriptions: dict[UUID, Subscription] = field(default_factory=dict)
    orders: dict[UUID, Order] = field(default_factory=dict)
    # By the provider's order.
    seat_orders: dict[Key, SeatOrder] = field(default_factory=dict)
    payments: dict[Key, Payment] = field(default_factory=dict)
    refunds: dict[Key, Refund] = field(default_factory=dict)
    disputes: dict[Key, Dispute] = field(default_factory=dict)
    lifecycle_events: dict[tuple[Key, str, datetime], LifecycleEvent] = field(default_factory=dict)
    offers: tuple[Offer, ...] = ()
    # By our id of the order that pays it.
    credit_orders: dict[UUID, CreditOrder] = field(default_factory=dict)
    grants: tuple[PlanGrant, ...] = ()
    trial: Trial | None = None
    # By the provider's plan.
    prices: dict[Key, KnownPrice] = field(default_factory=dict)
    instruments_with_trial: frozenset[bytes] = frozenset()
    payments_with_receipt: frozenset[UUID] = frozenset()
    payments_with_invoice: frozenset[UUID] = frozenset()
    # By dedupe key.
    refund_operations: dict[str, RefundOperation] = field(default_factory=dict)
    # The usage that `quota_usage.py` has loaded so far; other usage is unknown.
    usage: Mapping[UsageQuery, Sequence[QuotaUse]] = field(default_factory=dict)
    kind: WorkspaceKind = "personal"

    @property
    def lowest_tier(self) -> str:
        """The tier when nothing is paid, tried or granted."""
        return lowest_plan(self.kind).tier
