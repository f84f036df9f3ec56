"""The stored facts of one user, from which the state is projected: subscriptions, payments, refunds, disputes and
grants."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal, NamedTuple, cast, get_type_hints
from uuid import UUID

from oneai.billing.credit_facts import CreditOrder, JudgedPayment
from oneai.billing.facts import Dispute, Key, LifecycleEvent, Order, Payment, Refund, Snapshot
from oneai.billing.providers.capabilities import Capabilities, capabilities_of
from oneai.plans.limits_and_prices import WorkspaceKind, lowest_plan

type Row = Mapping[str, Any]

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
    was abandoned before any payment was known. `ended_by_user`: the user ended it immediately, and gets refunds.
    `account_closed_at`: when closing the account last requested its end. `instrument`: the mandate's, hashed, known
    since `instrument_at`; `mandate_noted_at`: when the mandate was stored. `billing_country`, `network_country`: when
    its checkout was opened.
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


def load_record(loaded: Row) -> BillingRecord:
    """The record that `oneai.user_billing_record` returns."""
    subscriptions = {each.id: each for each in map(_subscription, loaded["subscriptions"])}
    payments = {each.key: each for each in map(_payment, loaded["payments"])}
    refs = {str(each.id): each.ref for each in payments.values()}
    events = [_lifecycle_event(row, subscriptions[UUID(row["subscription_id"])]) for row in loaded["lifecycle_events"]]

    def of_payments[T](kind: type[T], rows: Iterable[Row], columns: Mapping[str, str]) -> Iterator[T]:
        return (read_row(kind, row, columns, payment_ref=refs[row["payment_id"]]) for row in rows)

    return BillingRecord(
        workspace_id=loaded["workspace_id"] and UUID(loaded["workspace_id"]),
        kind=loaded["kind"] or "personal",
        subscriptions=subscriptions,
        orders={each.id: each for each in (read_row(Order, row, ORDER_COLUMNS) for row in loaded["orders"])},
        seat_orders={
            each.key: each
            for each in (read_row(SeatOrder, row, ORDER_COLUMNS) for row in loaded["seat_orders"])
            if each.key is not None
        },
        payments=payments,
        refunds={each.key: each for each in of_payments(Refund, loaded["refunds"], REFUND_COLUMNS)},
        disputes={each.key: each for each in of_payments(Dispute, loaded["disputes"], DISPUTE_COLUMNS)},
        lifecycle_events={each.key: each for each in events},
        offers=tuple(read_row(Offer, row, ORDER_COLUMNS) for row in loaded["offers"]),
        credit_orders={each.order_id: each for each in map(_credit_order, loaded["credit_orders"])},
        grants=tuple(map(_grant, loaded["grants"])),
        trial=read_row(Trial, loaded["trial"]) if loaded["trial"] else None,
        prices={
            (each.payment_provider, each.plan_ref): each
            for each in (read_row(KnownPrice, row, PRICE_COLUMNS) for row in loaded["prices"])
        },
        payments_with_invoice=frozenset(UUID(each) for each in loaded["payments_with_invoice"]),
        refund_operations={
            row["dedupe_key"]: read_row(RefundOperation, row, sent=row["sent_at"] is not None)
            for row in loaded["refund_operations"]
        },
        instruments_with_trial=frozenset(map(_bytes, loaded["instruments_with_trial"])),
        payments_with_receipt=frozenset(
            UUID(row["id"])
            for row in loaded["payments"]
            if row["captured_at"] and row["period_start"] and not row["quarantined_at"]
        ),
    )


def moment(text: str) -> datetime:
    """A moment as Postgres writes it in JSON."""
    return FOREVER if text == "infinity" else datetime.fromisoformat(text).astimezone(UTC)


def _bytes(text: str) -> bytes:
    """A bytea as Postgres writes it in JSON."""
    return bytes.fromhex(text.removeprefix("\\x"))


# How to read a column, by the type of its field; other types are as in JSON.
_READERS: dict[Any, Callable[[Any], Any]] = {
    UUID: UUID,
    UUID | None: lambda text: None if text is None else UUID(text),
    datetime: moment,
    datetime | None: lambda text: None if text is None else moment(text),
    bytes | None: lambda text: None if text is None else _bytes(text),
    tuple[str, ...]: tuple,
    frozenset[str]: frozenset,
    frozenset[int]: frozenset,
}


def read_row[T](kind: type[T], row: Row, columns: Mapping[str, str] | None = None, **computed: Any) -> T:
    """Reads a JSON row as a dataclass. `columns`: column names that differ, by field; `computed`: fields without a
    column. A field that the row lacks has its default."""
    values, names = dict(computed), columns or {}
    for name, reader in _fields(cast(Any, kind)):
        column = names.get(name, name)
        if name not in computed and column in row:
            values[name] = row[column] if reader is None else reader(row[column])
    return kind(**values)


@cache
def _fields(kind: type[Any]) -> list[tuple[str, Callable[[Any], Any] | None]]:
    hints = get_type_hints(kind)
    return [(each.name, _READERS.get(hints[each.name])) for each in fields(kind)]


# Columns whose names differ from their fields.
SUBSCRIPTION_COLUMNS = {
    "tier": "plan_id",
    "ref": "provider_subscription_id",
    "stored_status": "status",
    "plan_ref": "provider_plan_id",
    "offer_ref": "offer_id",
    "instrument": "mandate_instrument_hash",
    "instrument_at": "mandate_instrument_at",
}
ORDER_COLUMNS = {"ref": "provider_order_id"}
PAYMENT_COLUMNS = {"ref": "provider_payment_id", "at": "created_at", "instrument": "instrument_hash"}
REFUND_COLUMNS = {"ref": "provider_refund_id", "at": "refunded_at"}
DISPUTE_COLUMNS = {"ref": "provider_dispute_id"}
PRICE_COLUMNS = {"plan_ref": "provider_plan_id"}


def _subscription(row: Row) -> Subscription:
    return read_row(
        Subscription,
        row,
        SUBSCRIPTION_COLUMNS,
        checkout_cancelled=row["checkout_cancelled_at"] is not None,
        ended_by_user=row["ended_by_user_at"] is not None,
        snapshot=read_row(Snapshot, row["snapshot"]) if row["snapshot"] else None,
        snapshot_history=read_row(SnapshotHistory, row["metadata"].get("snapshot_history") or {}),
    )


def _lifecycle_event(row: Row, subscription: Subscription) -> LifecycleEvent:
    return read_row(
        LifecycleEvent,
        row,
        payment_provider=subscription.payment_provider,
        subscription_ref=subscription.ref or "",
        n=row["detail"].get("n"),
    )


def _payment(row: Row) -> Payment:
    # Refunds and disputes are separate facts.
    status = "captured" if row["status"] in ("refunded", "disputed") else row["status"]
    return read_row(Payment, row, PAYMENT_COLUMNS, status=status)


def _credit_order(row: Row) -> CreditOrder:
    judged = (read_row(JudgedPayment, each) for each in row["payments"])
    return read_row(CreditOrder, row, judged={each.payment_id: each for each in judged})


def _grant(row: Row) -> PlanGrant:
    ends = [moment(each) for each in (row["until"], row["revoked_at"]) if each is not None]
    return read_row(PlanGrant, row, {"start": "granted_at"}, end=min(ends))
