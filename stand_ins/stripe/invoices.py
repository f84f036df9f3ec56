"""Invoices: drafts, their finalization, and the attempts to pay them."""

from stand_ins.payments.state import JsonObject
from stand_ins.stripe import payments
from stand_ins.stripe.catalogue import DAY, HOUR, name_of
from stand_ins.stripe.events import emit
from stand_ins.stripe.payments import Outcome
from stand_ins.stripe.state import Account, shape

# A renewal's invoice can be edited for so long before it is charged.
DRAFT_SECONDS = HOUR
# When a failed charge is tried again, from the attempt before.
RETRY_DAYS = (3, 5, 7)


def line(
    account: Account, subscription: JsonObject, *, amount: int, period: tuple[int, int], proration: bool = False
) -> JsonObject:
    """A line of a subscription's invoice, for its item in a period."""
    item = subscription["items"]["data"][0]
    price = item["price"]
    details = {
        "invoice_item": None,
        "proration": proration,
        "proration_details": {"credited_items": None},
        "subscription": subscription["id"],
        "subscription_item": item["id"],
    }
    parent = {"invoice_item_details": None, "subscription_item_details": details, "type": "subscription_item_details"}
    return shape("line_item") | {
        "id": account.new_id("il"),
        "amount": amount,
        "subtotal": amount,
        "currency": price["currency"],
        "description": f"{item['quantity']} × {name_of(account, price)}",
        "metadata": dict(subscription["metadata"]),
        "parent": parent,
        "period": {"start": period[0], "end": period[1]},
        "pricing": {
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": str(price["unit_amount"]),
        },
        "quantity": item["quantity"],
    }


def draft(account: Account, subscription: JsonObject, reason: str, lines: list[JsonObject]) -> JsonObject:
    """A draft of a subscription's invoice. Its own period is the one before its lines'."""
    total = sum(each["amount"] for each in lines)
    details = {"metadata": dict(subscription["metadata"]), "subscription": subscription["id"]}
    invoice = account.new(
        "in",
        billing_reason=reason,
        currency=lines[0]["currency"],
        customer=subscription["customer"],
        amount_due=max(total, 0),
        amount_remaining=max(total, 0),
        subtotal=total,
        subtotal_excluding_tax=total,
        total=total,
        total_excluding_tax=total,
        period_start=lines[0]["period"]["start"],
        period_end=lines[0]["period"]["start"],
        parent={"quote_details": None, "subscription_details": details, "type": "subscription_details"},
    )
    for each in lines:
        each["invoice"] = invoice["id"]
    invoice["lines"] = {
        "object": "list",
        "data": lines,
        "has_more": False,
        "total_count": len(lines),
        "url": f"/v1/invoices/{invoice['id']}/lines",
    }
    subscription["latest_invoice"] = invoice["id"]
    emit(account, "invoice.created", invoice)
    return invoice


def finalize(account: Account, invoice: JsonObject) -> None:
    """The draft becomes open, with a payment to make; without an amount it is paid at once."""
    account.due.pop(invoice["id"], None)
    invoice.update(
        status="open",
        effective_at=account.now,
        hosted_invoice_url=f"{account.address}/i/{invoice['id']}",
        number=f"LOCAL-{account.counter:04}",
        auto_advance=True,
    )
    invoice["status_transitions"]["finalized_at"] = account.now
    emit(account, "invoice.finalized", invoice)
    if invoice["amount_due"] == 0:
        _paid(account, invoice)
        return
    intent = payments.new_intent(
        account,
        amount=invoice["amount_due"],
        currency=invoice["currency"],
        customer=invoice["customer"],
        description="Subscription update",
        setup_future_usage="off_session",
    )
    account.new(
        "inpay",
        amount_requested=invoice["amount_due"],
        currency=invoice["currency"],
        invoice=invoice["id"],
        payment={"payment_intent": intent["id"], "type": "payment_intent"},
    )


def payment_of(account: Account, invoice: JsonObject) -> JsonObject:
    """The newest payment of an open or paid invoice, an `invoice_payment`."""
    return [each for each in account.all("invoice_payment").values() if each["invoice"] == invoice["id"]][-1]


def intent_of(account: Account, invoice: JsonObject) -> JsonObject:
    """The payment intent of an open or paid invoice."""
    return account.get("payment_intent", payment_of(account, invoice)["payment"]["payment_intent"])


def invoice_of(account: Account, intent: JsonObject) -> JsonObject | None:
    """The invoice that this payment intent pays."""
    for each in account.all("invoice_payment").values():
        if each["payment"]["payment_intent"] == intent["id"]:
            return account.get("invoice", each["invoice"])
    return None


def attempt(
    account: Account, invoice: JsonObject, method: JsonObject, *, present: bool, authenticated: bool = False
) -> Outcome:
    """Tries to pay an open invoice, and says so in events about the invoice."""
    intent = intent_of(account, invoice)
    outcome = payments.confirm(account, intent, method, present=present, authenticated=authenticated)
    if outcome == "processing":
        invoice["attempted"] = True
        account.due.pop(invoice["id"], None)
    else:
        conclude(account, invoice, outcome, present=present)
    return outcome


def conclude(account: Account, invoice: JsonObject, outcome: Outcome, *, present: bool = False) -> None:
    """What an attempt's outcome means for the invoice. A retry is planned after a failure without the payer."""
    if outcome == "succeeded":
        invoice["attempt_count"] += 1
        invoice["attempted"] = True
        _paid(account, invoice)
        return
    error = (intent_of(account, invoice)["last_payment_error"] or {}).get("code")
    asks = outcome == "requires_action" or error == "authentication_required"
    if not present:
        invoice["attempt_count"] += 1
        invoice["attempted"] = True
        tried = invoice["attempt_count"]
        at = account.now + RETRY_DAYS[tried - 1] * DAY if tried <= len(RETRY_DAYS) else None
        invoice["next_payment_attempt"] = at
        if at is not None:
            account.due[invoice["id"]] = at
        else:
            account.due.pop(invoice["id"], None)
    if outcome == "failed":
        emit(account, "invoice.payment_failed", invoice)
    if asks:
        emit(account, "invoice.payment_action_required", invoice)


def void(account: Account, invoice: JsonObject) -> JsonObject:
    """It is not to be paid any more; returns it."""
    account.due.pop(invoice["id"], None)
    if invoice["status"] not in ("draft", "open"):
        return invoice
    if invoice["status"] == "open" and invoice["amount_due"]:
        payment = payment_of(account, invoice)
        payment["status"] = "canceled"
        account.get("payment_intent", payment["payment"]["payment_intent"])["status"] = "canceled"
    invoice.update(status="void", auto_advance=False, next_payment_attempt=None)
    invoice["status_transitions"]["voided_at"] = account.now
    emit(account, "invoice.voided", invoice)
    return invoice


def _paid(account: Account, invoice: JsonObject) -> None:
    account.due.pop(invoice["id"], None)
    invoice.update(
        status="paid",
        amount_paid=invoice["amount_due"],
        amount_remaining=0,
        auto_advance=False,
        next_payment_attempt=None,
    )
    invoice["status_transitions"]["paid_at"] = account.now
    if invoice["amount_due"]:
        payment = payment_of(account, invoice)
        payment.update(status="paid", amount_paid=invoice["amount_due"])
        payment["status_transitions"]["paid_at"] = account.now
        emit(account, "invoice_payment.paid", payment)
    emit(account, "invoice.paid", invoice)
    emit(account, "invoice.payment_succeeded", invoice)
