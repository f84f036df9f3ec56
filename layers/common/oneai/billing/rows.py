"""Converts facts and projections to the rows that `oneai.upsert_facts` and `oneai.save_projection` read."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from oneai.billing.facts import Dispute, Payment, Refund, our_id
from oneai.billing.merge import Changes, rank
from oneai.billing.projection import offers, payments
from oneai.billing.projection.alerts import alerts
from oneai.billing.projection.effects import BillingState
from oneai.billing.projection.operations import ProviderOperation
from oneai.billing.record import FOREVER, BillingRecord, Subscription
from oneai.billing.record_rows import DISPUTE_COLUMNS, ORDER_COLUMNS, PAYMENT_COLUMNS, REFUND_COLUMNS

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

type Terms = Callable[[str, str, str], Mapping[str, Any]]


def fact_rows(record: BillingRecord, changes: Changes) -> dict[str, Any]:
    """The rows of facts that changed."""
    ids = {each.key: each.id for each in record.subscriptions.values()}
    return {
        "subscriptions": [
            _subscription_facts(record.subscriptions[ours]) for ours in sorted(changes.subscriptions, key=str)
        ],
        "orders": [
            {"id": ours} | _columns(record.orders[ours], ORDER_COLUMNS) for ours in sorted(changes.orders, key=str)
        ],
        "payments": [_payment_facts(record.payments[key]) for key in sorted(changes.payments)],
        "refunds": [
            {"id": our_id("refund", *key)} | _of_payment(record, record.refunds[key], REFUND_COLUMNS)
            for key in sorted(changes.refunds)
        ],
        "disputes": [_of_payment(record, record.disputes[key], DISPUTE_COLUMNS) for key in sorted(changes.disputes)],
        "lifecycle_events": [
            {
                "subscription_id": ids[key],
                "kind": kind,
                "at": at,
                "detail": _detail(record.lifecycle_events[key, kind, at].n),
            }
            for key, kind, at in sorted(changes.lifecycle_events)
        ],
    }


def _columns(item: "DataclassInstance", columns: Mapping[str, str]) -> dict[str, Any]:
    """A dataclass as a row of its table."""
    return {columns.get(each.name, each.name): getattr(item, each.name) for each in fields(item)}


def _of_payment(record: BillingRecord, fact: Refund | Dispute, columns: Mapping[str, str]) -> dict[str, Any]:
    return {"payment_id": record.payments[fact.payment_key].id} | _columns(fact, columns)


def projection_rows(record: BillingRecord, changes: Changes, state: BillingState, terms: Terms) -> dict[str, Any]:
    """The rows of one user's projection. `terms` returns the seller's details of an invoice, given its description, its
    currency and the payment's provider."""
    current = state.subscription_id
    return {
        "tier": state.tier,
        "status": state.status,
        "subscription_id": current,
        "usage_since": state.quota_period.usage_since,
        "anchor": state.quota_period.anchor,
        "window_end": state.quota_period.window_end,
        "limits": state.pool.limits,
        "seats": state.pool.seats,
        "subscriptions": [_subscription_row(record, state, each) for each in record.subscriptions.values()],
        "offers": [asdict(each) for each in state.offers],
        "credits": [asdict(each) for each in state.credits],
        "returned_credits": [asdict(each) for each in state.returned_credits],
        "orders": [{"id": ours, "next_sync_at": at} for ours, at in state.order_syncs.items()],
        "payments": [_payment_row(record, state, each) for each in record.payments.values()],
        "history": [asdict(each) for each in state.history],
        "operations": [_operation_row(record, each) for each in state.operations],
        "mails": [asdict(each) for each in state.mails],
        "trials": _trial_rows(state),
        "invoices": [
            {
                "payment_id": each.payment.id,
                "terms": terms(each.description, each.payment.currency, each.payment.payment_provider),
            }
            for each in state.invoices
            if each.payment.id not in record.payments_with_invoice
        ],
        "alerts": [asdict(each) for each in alerts(record, changes)],
    }


def to_json(value: object) -> Any:
    """Encodes types that JSON does not have, for `json.dumps(…, default=to_json)`."""
    match value:
        case datetime():
            return "infinity" if value == FOREVER else value.isoformat()
        case UUID():
            return str(value)
        case bytes():
            return f"\\x{value.hex()}"
        case frozenset() | set():
            return sorted(value)
    raise TypeError(f"{type(value).__name__} cannot be stored")


def _subscription_facts(subscription: Subscription) -> dict[str, Any]:
    snapshot = subscription.snapshot
    return {
        "id": subscription.id,
        "provider_subscription_id": subscription.ref,
        "snapshot": None if snapshot is None else asdict(snapshot),
        "snapshot_rank": None if snapshot is None else rank(snapshot),
        "metadata": {"snapshot_history": asdict(subscription.snapshot_history)},
        "mandate_instrument_hash": subscription.instrument,
        "mandate_instrument_at": subscription.instrument_at,
        "cancel_requested_at": subscription.cancel_requested_at,
        "access_ends_at": subscription.access_ends_at,
        "checkout_cancelled_at": subscription.access_ends_at if subscription.checkout_cancelled else None,
    }


def _detail(n: int | None) -> dict[str, int]:
    return {} if n is None else {"n": n}


def _payment_facts(payment: Payment) -> dict[str, Any]:
    captured_at = payment.at if payment.status == "captured" else None
    return _columns(payment, PAYMENT_COLUMNS) | {"captured_at": captured_at}


def _subscription_row(record: BillingRecord, state: BillingState, subscription: Subscription) -> dict[str, Any]:
    summary, lifecycle = state.summaries[subscription.id], state.lifecycles[subscription.id]
    price, snapshot = payments.current_price(record, subscription), subscription.snapshot
    superseded = lifecycle.end_reason in ("replaced", "duplicate")
    return {
        "id": subscription.id,
        "status": summary.status,
        "plan_id": subscription.tier if price is None else price.tier,
        "period": subscription.period if price is None else price.period,
        "currency": subscription.currency if price is None else price.currency,
        "amount": subscription.amount if price is None else price.amount,
        "quantity": subscription.quantity if snapshot is None else snapshot.quantity,
        "provider_plan_id": subscription.plan_ref if price is None else price.plan_ref,
        "offer_id": subscription.offer_ref,
        "short_url": (snapshot.short_url if snapshot is not None else None) or subscription.short_url,
        "expires_at": (snapshot.expires_at if snapshot is not None else None) or subscription.expires_at,
        "start_at": subscription.start_at,
        "current_period_start": summary.period_start,
        "current_period_end": summary.period_end,
        "cancelled_at": summary.cancelled_at,
        "superseded_at": lifecycle.ended_early_at if superseded else None,
        "trial_start": summary.trial_start,
        "grace_ends_at": summary.grace_ends_at,
        "next_sync_at": summary.next_sync_at,
    }


def _payment_row(record: BillingRecord, state: BillingState, payment: Payment) -> dict[str, Any]:
    """The payment's row, with the `status` that users see: `refunded` after full refunds, `disputed` during a
    dispute."""
    subscription = payments.subscription_of(record, payment)
    refunded = payments.amount_refunded(record, payment)
    status: str = payment.status
    if status == "captured" and payments.disputed(record, payment):
        status = "disputed"
    elif status == "captured" and refunded == payment.amount and refunded:
        status = "refunded"
    return {
        "id": payment.id,
        "quarantined": payment.key in state.quarantined,
        "tier": payments.tier_of(record, subscription, payment)
        if subscription and payment.status == "captured"
        else _offered_tier(record, payment),
        "status": status,
        "refunded": refunded,
        **_prepaid_period(state, payment),
    }


def _prepaid_period(state: BillingState, payment: Payment) -> dict[str, Any]:
    """The period that a payment bought ahead, which only the projection knows; nothing for any other payment."""
    lifecycle = state.lifecycles.get(payment.subscription_id) if payment.subscription_id is not None else None
    for charge in lifecycle.accepted if lifecycle is not None else ():
        if charge.payment.id == payment.id and charge.windows is not None:
            return {"prepaid_from": charge.start, "prepaid_to": charge.end}
    return {}


def _offered_tier(record: BillingRecord, payment: Payment) -> str | None:
    """The tier of the offer that a payment pays; None for any other."""
    order = record.orders.get(payment.order_id) if payment.order_id is not None else None
    offer = None if order is None else offers.offer_of(record, order)
    return None if offer is None else offer.plan_id


def _operation_row(record: BillingRecord, operation: ProviderOperation) -> dict[str, Any]:
    """The operation's row, with the subscription's provider reference for operators, so that many charges are one
    alert."""
    subject = next(
        (each.ref for each in record.subscriptions.values() if each.id == operation.subscription_id),
        next((each.ref for each in record.payments.values() if each.id == operation.payment_id), None),
    )
    return asdict(operation) | {"subject": subject}


def _trial_rows(state: BillingState) -> list[dict[str, Any]]:
    """The granted trial, and its instrument."""
    return [
        {
            "subscription_id": lifecycle.subscription.id,
            "started_at": lifecycle.trial.started_at,
            "instrument": lifecycle.subscription.instrument,
        }
        for lifecycle in state.lifecycles.values()
        if lifecycle.trial is not None
    ]
