"""Subscriptions: their start, renewals, failures and end."""

from typing import Any

from stand_ins.payments.state import JsonObject
from stand_ins.stripe import invoices
from stand_ins.stripe.catalogue import HOUR, after
from stand_ins.stripe.events import emit
from stand_ins.stripe.payments import Outcome
from stand_ins.stripe.state import Account, shape

# An incomplete subscription's first invoice can be paid for so long.
INCOMPLETE_SECONDS = 23 * HOUR
ENDED = ("canceled", "incomplete_expired")


def start(
    account: Account,
    *,
    customer: str,
    price: JsonObject,
    quantity: int,
    metadata: dict[str, str],
    method: JsonObject,
    trial_end: int | None = None,
    anchor: int | None = None,
) -> JsonObject:
    """A subscription on one item, still incomplete or in its trial. With a later `anchor` nothing is charged until
    then."""
    begins = trial_end or anchor or account.now
    end = begins if begins > account.now else after(account.now, account.now, price["recurring"]["interval"])
    subscription = account.new(
        "sub",
        billing_cycle_anchor=begins,
        currency=price["currency"],
        customer=customer,
        default_payment_method=method["id"],
        metadata=dict(metadata),
        start_date=account.now,
        status="trialing" if trial_end else "incomplete",
        trial_start=account.now if trial_end else None,
        trial_end=trial_end,
    )
    item = shape("subscription_item") | {
        "id": account.new_id("si"),
        "created": account.now,
        "price": price,
        "quantity": quantity,
        "subscription": subscription["id"],
        "current_period_start": account.now,
        "current_period_end": end,
    }
    url = f"/v1/subscription_items?subscription={subscription['id']}"
    subscription["items"] = {"object": "list", "data": [item], "has_more": False, "total_count": 1, "url": url}
    emit(account, "customer.subscription.created", subscription)
    amount = 0 if begins > account.now else price["unit_amount"] * quantity
    line = invoices.line(account, subscription, amount=amount, period=(account.now, end))
    invoice = invoices.draft(account, subscription, "subscription_create", [line])
    invoices.finalize(account, invoice)
    account.due[subscription["id"]] = account.now + INCOMPLETE_SECONDS
    if invoice["status"] == "paid":
        paid(account, subscription)
    return subscription


def item_of(subscription: JsonObject) -> JsonObject:
    """Its one item."""
    item: JsonObject = subscription["items"]["data"][0]
    return item


def paid(account: Account, subscription: JsonObject) -> None:
    """Its open invoice was paid: it is active until the end of its period, or still in its trial."""
    if subscription["status"] in ENDED:
        return
    if subscription["status"] != "trialing":
        change(account, subscription, status="active")
    account.due[subscription["id"]] = subscription["trial_end"] or item_of(subscription)["current_period_end"]
    if subscription["status"] == "active":
        account.due[subscription["id"]] = item_of(subscription)["current_period_end"]


def change(account: Account, subscription: JsonObject, **fields: Any) -> None:
    """Changes fields, and says so in an event with the values before."""
    before = {name: subscription[name] for name, value in fields.items() if subscription[name] != value}
    if not before:
        return
    subscription.update(fields)
    emit(account, "customer.subscription.updated", subscription, before)


def due(account: Account, subscription: JsonObject) -> None:
    """Its first payment's time, its trial or its period is over."""
    account.due.pop(subscription["id"], None)
    if subscription["status"] == "incomplete":
        subscription.update(status="incomplete_expired", ended_at=account.now)
        invoices.void(account, account.get("invoice", subscription["latest_invoice"]))
        emit(account, "customer.subscription.updated", subscription, {"status": "incomplete"})
    elif subscription["cancel_at_period_end"] or (subscription["cancel_at"] or account.now + 1) <= account.now:
        cancel(account, subscription, reason="cancellation_requested")
    else:
        _renew(account, subscription)


def _renew(account: Account, subscription: JsonObject) -> None:
    """The next period begins, with a draft of its invoice."""
    item = item_of(subscription)
    before = {"items": {"data": [dict(item)]}, "latest_invoice": subscription["latest_invoice"]}
    start, interval = item["current_period_end"], item["price"]["recurring"]["interval"]
    end = after(subscription["billing_cycle_anchor"], start, interval)
    item.update(current_period_start=start, current_period_end=end)
    if subscription["status"] == "trialing":
        before["status"] = "trialing"
        subscription["status"] = "active"
    account.due[subscription["id"]] = end
    amount = item["price"]["unit_amount"] * item["quantity"]
    line = invoices.line(account, subscription, amount=amount, period=(start, end))
    invoice = invoices.draft(account, subscription, "subscription_cycle", [line])
    emit(account, "customer.subscription.updated", subscription, before)
    paused = subscription["pause_collection"]
    if paused is not None:
        if paused["behavior"] == "void":
            invoices.finalize(account, invoice)
            invoices.void(account, invoice)
    elif subscription["status"] != "unpaid":
        account.due[invoice["id"]] = account.now + invoices.DRAFT_SECONDS


def charge(account: Account, invoice: JsonObject) -> None:
    """A draft's hour is over, or a retry's time has come."""
    subscription = of_invoice(account, invoice)
    if invoice["status"] == "draft":
        invoices.finalize(account, invoice)
    if invoice["status"] != "open":
        return
    method = account.get("payment_method", subscription["default_payment_method"])
    concluded(account, invoice, invoices.attempt(account, invoice, method, present=False))


def of_invoice(account: Account, invoice: JsonObject) -> JsonObject:
    """The subscription of an invoice."""
    return account.get("subscription", invoice["parent"]["subscription_details"]["subscription"])


def concluded(account: Account, invoice: JsonObject, outcome: Outcome) -> None:
    """What the outcome of an attempt means for the subscription."""
    subscription = of_invoice(account, invoice)
    if outcome == "succeeded":
        if invoice["id"] == subscription["latest_invoice"] or subscription["status"] == "past_due":
            paid(account, subscription)
    elif outcome == "processing" and subscription["status"] == "incomplete":
        # A debit that takes days: the subscription is active before it is paid.
        paid(account, subscription)
    elif outcome == "processing" or subscription["status"] in (*ENDED, "incomplete"):
        return
    elif invoice["next_payment_attempt"] is not None:
        change(account, subscription, status="past_due")
    else:
        match account.after_last_attempt:
            case "cancel":
                cancel(account, subscription, reason="payment_failed")
            case "unpaid":
                change(account, subscription, status="unpaid")
            case _:
                change(account, subscription, status="past_due")


def cancel(account: Account, subscription: JsonObject, *, reason: str) -> None:
    """It ends now, without a refund."""
    if subscription["status"] in ENDED:
        return
    account.due.pop(subscription["id"], None)
    subscription.update(status="canceled", ended_at=account.now, canceled_at=subscription["canceled_at"] or account.now)
    subscription["cancellation_details"]["reason"] = reason
    for each in list(account.all("invoice").values()):
        if each["parent"]["subscription_details"]["subscription"] == subscription["id"] and each["status"] == "draft":
            invoices.void(account, each)
    latest = account.all("invoice").get(subscription["latest_invoice"])
    if latest is not None and latest["status"] == "open":
        account.due.pop(latest["id"], None)
        latest.update(auto_advance=False, next_payment_attempt=None)
    emit(account, "customer.subscription.deleted", subscription)
