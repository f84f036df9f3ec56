"""Reads the facts of a workspace from the JSON that Postgres returns."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast, get_type_hints
from uuid import UUID

from oneai.billing.credit_facts import CreditOrder, JudgedPayment
from oneai.billing.facts import Dispute, LifecycleEvent, Order, Payment, Refund, Snapshot
from oneai.billing.record import (
    FOREVER,
    BillingRecord,
    KnownPrice,
    Offer,
    PlanGrant,
    RefundOperation,
    SeatOrder,
    SnapshotHistory,
    Subscription,
    Trial,
)

type Row = Mapping[str, Any]


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
