"""The stored facts of one user: subscriptions, payments, refunds, disputes, grants, from which the state is
projected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from oneai.billing.facts import Snapshot

type Row = Mapping[str, Any]

# Postgres's `infinity`.
FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class KnownPrice:
    """The price of one period of a provider's plan, current or past."""

    plan_ref: str
    tier: str
    period: str
    currency: str
    amount: int


@dataclass(frozen=True)
class SnapshotHistory:
    """What all snapshots of a subscription together showed; it only ever grows, so that their order cannot matter.

    `authorized_at`: the earliest with a mandate and no charge yet; `alive_at`: the last that was to be charged, and so
    not paused; `ended_at`: the earliest end that any of them had.
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

    `access_ends_at` is when it was ended at once, `trial_end` when the trial ends that it was offered with.
    `checkout_cancelled`: it was abandoned before any payment was known. `ended_by_user`: the user ended it at once, and
    gets refunds. `instrument`: of its mandate, hashed, known since `instrument_at`; `mandate_noted_at`: when the
    mandate was stored.
    """

    id: UUID
    tier: str
    created_at: datetime
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
    instrument: bytes | None = None
    instrument_at: datetime | None = None
    mandate_noted_at: datetime | None = None
    snapshot: Snapshot | None = None
    snapshot_history: SnapshotHistory = SnapshotHistory()

    @property
    def ended(self) -> bool:
        """Whether it ended at the provider, which never charges it again."""
        return self.snapshot is not None and self.snapshot.ended

    @property
    def ended_at(self) -> datetime | None:
        """When it ended at the provider, if any snapshot had that."""
        return self.snapshot_history.ended_at if self.ended else None


@dataclass(frozen=True)
class Payment:
    """One payment of a subscription; `at` is when it was made. `quarantined_at` as it was stored before."""

    id: UUID
    ref: str
    subscription_id: UUID
    status: Literal["failed", "authorized", "captured"]
    at: datetime
    amount: int
    currency: str
    invoice_ref: str | None = None
    order_ref: str | None = None
    method: str | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None
    period_from: str | None = None
    invoiced_amount: int | None = None
    invoiced_currency: str | None = None
    invoiced_extras: tuple[str, ...] = ()
    quarantined_at: datetime | None = None
    released_at: datetime | None = None


@dataclass(frozen=True)
class Refund:
    """A refund; `operation_id`: of our operation."""

    id: UUID
    ref: str
    payment_id: UUID
    amount: int
    status: Literal["pending", "processed", "failed"]
    at: datetime
    operation_id: UUID | None = None


@dataclass(frozen=True)
class Dispute:
    """A payment that is or was in dispute; `at` is since when it has this status."""

    ref: str
    payment_id: UUID
    status: str
    at: datetime


@dataclass(frozen=True)
class LifecycleEvent:
    """Something that happened to a subscription at a moment; `n`: which attempt failed."""

    subscription_id: UUID
    kind: str
    at: datetime
    n: int | None = None


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


@dataclass(frozen=True)
class RefundOperation:
    """A refund that was decided before. `sent`: a worker has claimed it, so that its key is good for this amount
    alone."""

    id: UUID
    payment_id: UUID
    reason: str
    state: Literal["pending", "succeeded", "cancelled", "failed"]
    amount: int
    as_of: datetime | None
    sent: bool


class UsageQuery(NamedTuple):
    """What the user used of a tier's quotas from one moment to another."""

    tier: str
    since: datetime
    until: datetime


@dataclass(frozen=True)
class QuotaUse:
    """Units `used` of a quota key, which the plan grants `limit` of once in each window."""

    key: str
    limit: int
    window: Literal["3hour", "daily", "monthly"]
    used: int


@dataclass
class BillingRecord:
    """The facts of one user; `user_id` is None once erased. Payments, refunds and disputes by the provider's refs.

    `instruments_with_trial`: hashes of instruments that had a trial with other users. `payments_with_receipt`: payments
    that were valid before.
    """

    user_id: UUID | None
    subscriptions: dict[UUID, Subscription] = field(default_factory=dict)
    payments: dict[str, Payment] = field(default_factory=dict)
    refunds: dict[str, Refund] = field(default_factory=dict)
    disputes: dict[str, Dispute] = field(default_factory=dict)
    lifecycle_events: dict[tuple[UUID, str, datetime], LifecycleEvent] = field(default_factory=dict)
    grants: tuple[PlanGrant, ...] = ()
    trial: Trial | None = None
    prices: dict[str, KnownPrice] = field(default_factory=dict)
    instruments_with_trial: frozenset[bytes] = frozenset()
    payments_with_receipt: frozenset[UUID] = frozenset()
    payments_with_invoice: frozenset[UUID] = frozenset()
    # By dedupe key.
    refund_operations: dict[str, RefundOperation] = field(default_factory=dict)
    # What was asked of `quota_usage.py` so far; other usage is unknown.
    usage: Mapping[UsageQuery, Sequence[QuotaUse]] = field(default_factory=dict)


def load_record(loaded: Row) -> BillingRecord:
    """The record that `oneai.lock_billing_record` returns."""
    subscriptions = [_subscription(row) for row in loaded["subscriptions"]]
    payments = [_payment(row) for row in loaded["payments"]]
    trial = loaded["trial"]
    return BillingRecord(
        user_id=_uuid(loaded["user_id"]),
        subscriptions={each.id: each for each in subscriptions},
        payments={each.ref: each for each in payments},
        refunds={row["provider_refund_id"]: _refund(row) for row in loaded["refunds"]},
        disputes={row["provider_dispute_id"]: _dispute(row) for row in loaded["disputes"]},
        lifecycle_events={
            (each.subscription_id, each.kind, each.at): each
            for each in map(_lifecycle_event, loaded["lifecycle_events"])
        },
        grants=tuple(_grant(row) for row in loaded["grants"]),
        trial=Trial(UUID(trial["subscription_id"]), moment(trial["started_at"])) if trial else None,
        prices={row["provider_plan_id"]: _price(row) for row in loaded["prices"]},
        payments_with_invoice=frozenset(UUID(each) for each in loaded["payments_with_invoice"]),
        instruments_with_trial=frozenset(_bytes(each) for each in loaded["instruments_with_trial"]),
        refund_operations={row["dedupe_key"]: _refund_operation(row) for row in loaded["refund_operations"]},
        payments_with_receipt=frozenset(
            UUID(row["id"])
            for row in loaded["payments"]
            if row["captured_at"] and row["period_start"] and not row["quarantined_at"]
        ),
    )


def moment(text: str) -> datetime:
    """A moment as Postgres writes it in JSON."""
    return FOREVER if text == "infinity" else datetime.fromisoformat(text).astimezone(UTC)


def optional_moment(text: str | None) -> datetime | None:
    """A moment, or None."""
    return None if text is None else moment(text)


def _subscription(row: Row) -> Subscription:
    return Subscription(
        id=UUID(row["id"]),
        tier=row["plan_id"],
        created_at=moment(row["created_at"]),
        ref=row["provider_subscription_id"],
        stored_status=row["status"],
        period=row["period"],
        currency=row["currency"],
        amount=row["amount"],
        quantity=row["quantity"],
        plan_ref=row["provider_plan_id"],
        offer_ref=row["offer_id"],
        short_url=row["short_url"],
        expires_at=optional_moment(row["expires_at"]),
        start_at=optional_moment(row["start_at"]),
        replaces=_uuid(row["replaces"]),
        cancel_requested_at=optional_moment(row["cancel_requested_at"]),
        access_ends_at=optional_moment(row["access_ends_at"]),
        trial_end=optional_moment(row["trial_end"]),
        checkout_cancelled=row["checkout_cancelled_at"] is not None,
        ended_by_user=row["ended_by_user_at"] is not None,
        instrument=_bytes(row["mandate_instrument_hash"]) if row["mandate_instrument_hash"] else None,
        instrument_at=optional_moment(row["mandate_instrument_at"]),
        mandate_noted_at=optional_moment(row["mandate_noted_at"]),
        snapshot=read_snapshot(row["snapshot"]) if row["snapshot"] else None,
        snapshot_history=_snapshot_history(row["metadata"].get("snapshot_history") or {}),
    )


def read_snapshot(row: Row) -> Snapshot:
    """A snapshot as it was stored."""
    names = {each.name for each in fields(Snapshot)}
    values = {name: value for name, value in row.items() if name in names}
    for name in ("at", "ended_at", "period_start", "period_end", "start_at", "expires_at"):
        values[name] = optional_moment(values.get(name))
    return Snapshot(**values | {"our_id": _uuid(values.get("our_id"))})


def _snapshot_history(row: Row) -> SnapshotHistory:
    return SnapshotHistory(
        plan_refs=frozenset(row.get("plan_refs", ())),
        offer_refs=frozenset(row.get("offer_refs", ())),
        quantities=frozenset(row.get("quantities", ())),
        authorized_at=optional_moment(row.get("authorized_at")),
        alive_at=optional_moment(row.get("alive_at")),
        ended_at=optional_moment(row.get("ended_at")),
    )


def _payment(row: Row) -> Payment:
    # Refunds and disputes are facts of their own.
    status: Any = "captured" if row["status"] in ("refunded", "disputed") else row["status"]
    return Payment(
        id=UUID(row["id"]),
        ref=row["provider_payment_id"],
        subscription_id=UUID(row["subscription_id"]),
        status=status,
        at=moment(row["created_at"]),
        amount=row["amount"],
        currency=row["currency"],
        invoice_ref=row["invoice_ref"],
        order_ref=row["order_ref"],
        method=row["method"],
        period_start=optional_moment(row["period_start"]),
        period_end=optional_moment(row["period_end"]),
        period_from=row["period_from"],
        invoiced_amount=row["invoiced_amount"],
        invoiced_currency=row["invoiced_currency"],
        invoiced_extras=tuple(row["invoiced_extras"]),
        quarantined_at=optional_moment(row["quarantined_at"]),
        released_at=optional_moment(row["released_at"]),
    )


def _refund(row: Row) -> Refund:
    return Refund(
        UUID(row["id"]),
        row["provider_refund_id"],
        UUID(row["payment_id"]),
        row["amount"],
        row["status"],
        moment(row["refunded_at"]),
        _uuid(row["operation_id"]),
    )


def _dispute(row: Row) -> Dispute:
    return Dispute(row["provider_dispute_id"], UUID(row["payment_id"]), row["status"], moment(row["at"]))


def _refund_operation(row: Row) -> RefundOperation:
    return RefundOperation(
        UUID(row["id"]),
        UUID(row["payment_id"]),
        row["reason"],
        row["state"],
        row["amount"],
        optional_moment(row["as_of"]),
        row["sent_at"] is not None,
    )


def _lifecycle_event(row: Row) -> LifecycleEvent:
    return LifecycleEvent(UUID(row["subscription_id"]), row["kind"], moment(row["at"]), row["detail"].get("n"))


def _grant(row: Row) -> PlanGrant:
    end = min(moment(row["until"]), optional_moment(row["revoked_at"]) or FOREVER)
    return PlanGrant(row["id"], row["tier"], moment(row["granted_at"]), end)


def _price(row: Row) -> KnownPrice:
    return KnownPrice(row["provider_plan_id"], row["tier"], row["period"], row["currency"], row["amount"])


def _uuid(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)


def _bytes(text: str) -> bytes:
    """A bytea as Postgres writes it in JSON."""
    return bytes.fromhex(text.removeprefix("\\x"))
