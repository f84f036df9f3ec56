"""Invoices are issued and paid, or their payment fails. Each of these emits several events."""

from stand_ins.payments.state import JsonObject
from stand_ins.razorpay import entities, event_payloads
from stand_ins.razorpay.periods import cycle_end
from stand_ins.razorpay.state import Account, SubscriptionRecord

# Authorized and refunded when the first charge is to come later.
TOKEN_AMOUNT = 500
# A smaller difference is not charged when a plan changes in the middle of a period.
MIN_DIFFERENCE = 50


def start_next_period(account: Account, record: SubscriptionRecord) -> JsonObject:
    """Starts the next period and issues its invoice, unpaid."""
    entity, plan = record.entity, account.plans[record.entity["plan_id"]]
    if record.anchor is None:
        record.anchor = entity["start_at"] = entity["start_at"] or account.now
    start = period_end(account, record) if record.cycles else record.anchor
    record.cycles += 1
    entity["current_start"], entity["current_end"] = start, period_end(account, record)
    entity["remaining_count"] = max(0, entity["remaining_count"] - 1)
    lines = [entities.line(account, plan, amount=price(account, record), quantity=entity["quantity"], kind="plan")]
    return issue_invoice(account, record, lines, start, entity["current_end"])


def issue_invoice(
    account: Account, record: SubscriptionRecord, lines: list[JsonObject], start: int, end: int
) -> JsonObject:
    """Issues an invoice, unpaid."""
    invoice = entities.invoice(account, record, lines, start, end)
    account.invoices[invoice["id"]] = invoice
    record.invoice = invoice["id"]
    return invoice


def amount_to_pay(account: Account, record: SubscriptionRecord) -> int:
    """The amount that the hosted page asks for now."""
    if record.invoice is not None:
        return int(account.invoices[record.invoice]["amount_due"])
    return TOKEN_AMOUNT if record.entity["start_at"] is not None else price(account, record) * record.entity["quantity"]


def price(account: Account, record: SubscriptionRecord) -> int:
    """The unit price of a period, after the offer's discount."""
    amount: int = account.plans[record.entity["plan_id"]]["item"]["amount"]
    return amount - amount * account.offers.get(record.entity.get("offer_id") or "", 0) // 100


def period_end(account: Account, record: SubscriptionRecord, cycles: int | None = None) -> int:
    """The end of the current period, or of the period number `cycles` counted from the anchor."""
    assert record.anchor is not None  # noqa: S101  only called after the first period starts
    plan = account.plans[record.entity["plan_id"]]
    return cycle_end(record.anchor, record.cycles if cycles is None else cycles, plan["period"], plan["interval"])


def pay_invoice(account: Account, record: SubscriptionRecord, invoice: JsonObject, method: str) -> JsonObject:
    """Pays the invoice; emits the payment's and the invoice's events, and leaves the subscription's to the caller."""
    payment = entities.subscription_payment(
        account, record, amount=invoice["amount"], status="captured", invoice=invoice, method=method
    )
    account.payments[payment["id"]] = payment
    invoice.update(
        status="paid",
        payment_id=payment["id"],
        paid_at=account.now,
        amount_paid=invoice["amount"],
        amount_due=0,
        customer_id=record.customer,
    )
    if record.invoice == invoice["id"]:
        record.invoice = None
    event_payloads.emit_payment(account, "authorized", {**payment, "captured": False, "fee": None, "tax": None}, record)
    event_payloads.emit_payment(account, "captured", payment, record)
    event_payloads.emit_invoice(account, invoice, payment, record)
    return payment


def fail_payment(account: Account, record: SubscriptionRecord, invoice: JsonObject | None, method: str) -> JsonObject:
    """Records a failed payment and emits its event."""
    amount: int = invoice["amount"] if invoice else TOKEN_AMOUNT
    payment = entities.subscription_payment(
        account, record, amount=amount, status="failed", invoice=invoice, method=method
    )
    account.payments[payment["id"]] = payment
    event_payloads.emit_payment(account, "failed", payment, record)
    return payment


def take_token_payment(account: Account, record: SubscriptionRecord, method: str) -> JsonObject:
    """Authenticates a later start with a small payment without an invoice, which is refunded afterwards."""
    payment = entities.subscription_payment(
        account, record, amount=TOKEN_AMOUNT, status="captured", invoice=None, method=method
    )
    account.payments[payment["id"]] = payment
    event_payloads.emit_payment(account, "authorized", {**payment, "captured": False, "fee": None, "tax": None}, record)
    event_payloads.emit_payment(account, "captured", payment, record)
    return payment


def complete_if_last(account: Account, record: SubscriptionRecord, payment: JsonObject) -> None:
    """Completes the subscription after the charge for its last period."""
    entity = record.entity
    if entity["remaining_count"] > 0:
        return
    entity.update(status="completed", charge_at=None, ended_at=account.now, remaining_count=0)
    record.due = None
    event_payloads.emit_subscription(account, "completed", record, payment)
