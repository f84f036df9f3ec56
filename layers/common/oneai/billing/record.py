"""All that is known of one person's subscriptions and money, as the database holds it: what standings follow from."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from oneai.billing.facts import Snapshot

type Row = Mapping[str, Any]

# Postgres's `infinity`.
FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Price:
    """What one period of a plan of the provider's costs, or did once."""

    plan_ref: str
    tier: str
    period: str
    currency: str
    amount: int


@dataclass(frozen=True)
class Seen:
    """What the snapshots of a subscription said together: only ever more of it, so that their order cannot matter.

    `authorized_at`: the earliest with a mandate and no charge yet; `alive_at`: the last that was to be charged, and so
    not paused; `ended_at`: when it ended, by whoever knew first.
    """

    plan_refs: frozenset[str] = frozenset()
    offer_refs: frozenset[str] = frozenset()
    quantities: frozenset[int] = frozenset()
    authorized_at: datetime | None = None
    alive_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True)
class Subscription:
    """One subscription of ours: as it was asked for, and the newest word about it.

    `access_ends_at` is when it was asked to end at once, `trial_end` when the trial ends that it was opened with.
    `withdrawn`: it was given up before anybody had heard of a payment. `ended_by_owner`: it was asked to end at once by
    whoever has it, and what is left of their payments is theirs. `instrument`: what its mandate was given for, hashed,
    since it was learned at `instrument_at`; `mandate_noted_at`: when it was stored that there is a mandate.
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
    withdrawn: bool = False
    ended_by_owner: bool = False
    instrument: bytes | None = None
    instrument_at: datetime | None = None
    mandate_noted_at: datetime | None = None
    snapshot: Snapshot | None = None
    seen: Seen = Seen()

    @property
    def ended(self) -> bool:
        """Whether the provider will never charge it again."""
        return self.snapshot is not None and self.snapshot.ended

    @property
    def ended_at(self) -> datetime | None:
        """When it ended at the provider, as far as anybody said."""
        return self.seen.ended_at if self.ended else None


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
    """Money that goes back, or did not (`failed`); `call_id`: we sent it."""

    id: UUID
    ref: str
    payment_id: UUID
    amount: int
    status: Literal["pending", "processed", "failed"]
    at: datetime
    call_id: UUID | None = None


@dataclass(frozen=True)
class Dispute:
    """A payment that is or was in dispute; `at` is when it came into this status."""

    ref: str
    payment_id: UUID
    status: str
    at: datetime


@dataclass(frozen=True)
class MarkKept:
    """Something that happened to a subscription at a moment; `n`: which attempt failed."""

    subscription_id: UUID
    kind: str
    at: datetime
    n: int | None = None


@dataclass(frozen=True)
class Grant:
    """A plan that an operator gave."""

    id: int
    tier: str
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Trial:
    """The trial this person has had."""

    subscription_id: UUID
    started_at: datetime


@dataclass
class BillingRecord:
    """What is known of one person; nobody's where they are gone. Payments, refunds and disputes by the provider's refs.

    `taken`: instruments, as hashes, with which somebody has had a trial, not of these subscriptions. `receipted`:
    payments that were found in order before; `invoiced`: payments that have an invoice.
    """

    user_id: UUID | None
    subscriptions: dict[UUID, Subscription] = field(default_factory=dict)
    payments: dict[str, Payment] = field(default_factory=dict)
    refunds: dict[str, Refund] = field(default_factory=dict)
    disputes: dict[str, Dispute] = field(default_factory=dict)
    marks: dict[tuple[UUID, str, datetime], MarkKept] = field(default_factory=dict)
    grants: tuple[Grant, ...] = ()
    trial: Trial | None = None
    prices: dict[str, Price] = field(default_factory=dict)
    taken: frozenset[bytes] = frozenset()
    receipted: frozenset[UUID] = frozenset()
    invoiced: frozenset[UUID] = frozenset()


def known_of(found: Row) -> BillingRecord:
    """What `oneai.lock_billing_record` found."""
    subscriptions = [_subscription(row) for row in found["subscriptions"]]
    payments = [_payment(row) for row in found["payments"]]
    trial = found["trial"]
    return BillingRecord(
        user_id=_uuid(found["user_id"]),
        subscriptions={each.id: each for each in subscriptions},
        payments={each.ref: each for each in payments},
        refunds={row["provider_refund_id"]: _refund(row) for row in found["refunds"]},
        disputes={row["provider_dispute_id"]: _dispute(row) for row in found["disputes"]},
        marks={(each.subscription_id, each.kind, each.at): each for each in map(_mark, found["marks"])},
        grants=tuple(_grant(row) for row in found["grants"]),
        trial=Trial(UUID(trial["subscription_id"]), moment(trial["started_at"])) if trial else None,
        prices={row["provider_plan_id"]: _price(row) for row in found["prices"]},
        invoiced=frozenset(UUID(each) for each in found["invoiced"]),
        taken=frozenset(_bytes(each) for each in found["taken"]),
        receipted=frozenset(
            UUID(row["id"])
            for row in found["payments"]
            if row["captured_at"] and row["period_start"] and not row["quarantined_at"]
        ),
    )


def moment(text: str) -> datetime:
    """A moment as Postgres spells it in JSON."""
    return FOREVER if text == "infinity" else datetime.fromisoformat(text).astimezone(UTC)


def maybe(text: str | None) -> datetime | None:
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
        expires_at=maybe(row["expires_at"]),
        start_at=maybe(row["start_at"]),
        replaces=_uuid(row["replaces"]),
        cancel_requested_at=maybe(row["cancel_requested_at"]),
        access_ends_at=maybe(row["access_ends_at"]),
        trial_end=maybe(row["trial_end"]),
        withdrawn=row["checkout_cancelled_at"] is not None,
        ended_by_owner=row["ended_by_user_at"] is not None,
        instrument=_bytes(row["mandate_instrument_hash"]) if row["mandate_instrument_hash"] else None,
        instrument_at=maybe(row["mandate_instrument_at"]),
        mandate_noted_at=maybe(row["mandate_noted_at"]),
        snapshot=snapshot_of(row["snapshot"]) if row["snapshot"] else None,
        seen=_seen(row["metadata"].get("seen") or {}),
    )


def snapshot_of(row: Row) -> Snapshot:
    """A snapshot as it was stored."""
    known = {each.name for each in fields(Snapshot)}
    told = {name: value for name, value in row.items() if name in known}
    for name in ("at", "ended_at", "period_start", "period_end", "start_at", "expires_at"):
        told[name] = maybe(told.get(name))
    return Snapshot(**told | {"our_id": _uuid(told.get("our_id"))})


def _seen(row: Row) -> Seen:
    return Seen(
        plan_refs=frozenset(row.get("plan_refs", ())),
        offer_refs=frozenset(row.get("offer_refs", ())),
        quantities=frozenset(row.get("quantities", ())),
        authorized_at=maybe(row.get("authorized_at")),
        alive_at=maybe(row.get("alive_at")),
        ended_at=maybe(row.get("ended_at")),
    )


def _payment(row: Row) -> Payment:
    # What was given back or questioned is told by refunds and disputes.
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
        period_start=maybe(row["period_start"]),
        period_end=maybe(row["period_end"]),
        period_from=row["period_from"],
        invoiced_amount=row["invoiced_amount"],
        invoiced_currency=row["invoiced_currency"],
        invoiced_extras=tuple(row["invoiced_extras"]),
        quarantined_at=maybe(row["quarantined_at"]),
        released_at=maybe(row["released_at"]),
    )


def _refund(row: Row) -> Refund:
    return Refund(
        UUID(row["id"]),
        row["provider_refund_id"],
        UUID(row["payment_id"]),
        row["amount"],
        row["status"],
        moment(row["refunded_at"]),
        _uuid(row["call_id"]),
    )


def _dispute(row: Row) -> Dispute:
    return Dispute(row["provider_dispute_id"], UUID(row["payment_id"]), row["status"], moment(row["at"]))


def _mark(row: Row) -> MarkKept:
    return MarkKept(UUID(row["subscription_id"]), row["kind"], moment(row["at"]), row["detail"].get("n"))


def _grant(row: Row) -> Grant:
    end = min(moment(row["until"]), maybe(row["revoked_at"]) or FOREVER)
    return Grant(row["id"], row["tier"], moment(row["granted_at"]), end)


def _price(row: Row) -> Price:
    return Price(row["provider_plan_id"], row["tier"], row["period"], row["currency"], row["amount"])


def _uuid(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)


def _bytes(text: str) -> bytes:
    """A bytea as Postgres spells it in JSON."""
    return bytes.fromhex(text.removeprefix("\\x"))
