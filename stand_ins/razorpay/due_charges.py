"""Decides when a subscription is charged next, and charges it then: it expires, renews, fails, halts and ends."""

from stand_ins.razorpay import event_payloads, invoices
from stand_ins.razorpay.periods import DAY
from stand_ins.razorpay.state import Account, SubscriptionRecord

# A charge is retried on the next three days.
ATTEMPTS = 4
# Seconds after the start of a period until its renewal is charged.
RENEWAL_DELAY = 90
FINAL = ("cancelled", "completed", "expired")


def run_until(account: Account, now: int) -> None:
    """Processes everything that comes due by `now`, oldest first."""
    while True:
        due = min(
            ((each.due, number) for number, each in enumerate(account.subscriptions.values()) if each.due is not None),
            default=None,
        )
        if due is None or due[0] > now:
            break
        account.now = max(account.now, due[0])
        _process_due(account, list(account.subscriptions.values())[due[1]])
    account.now = max(account.now, now)


def count_period(record: SubscriptionRecord) -> None:
    """Counts a paid period: the subscription is active until its end."""
    entity = record.entity
    entity["paid_count"] += 1
    entity["auth_attempts"] = 0
    entity["status"] = "active"
    entity["charge_at"] = record.due = entity["current_end"]


def _process_due(account: Account, record: SubscriptionRecord) -> None:
    record.due = None
    match record.status:
        case "created":
            # It was not paid in time. There is no event for that.
            record.entity.update(status="expired", charge_at=None)
        case "authenticated":
            _first_charge(account, record)
        case "active":
            _period_ends(account, record)
        case "pending":
            _attempt(account, record)
        case "paused":
            cancel_now(account, record)
        case "halted":
            _halted_period_ends(account, record)


def _first_charge(account: Account, record: SubscriptionRecord) -> None:
    """The later start has come: as an immediate one, but without a customer on the page."""
    invoices.start_next_period(account, record)
    _attempt(account, record)


def _period_ends(account: Account, record: SubscriptionRecord) -> None:
    entity = record.entity
    if record.cancel_at_end and record.outcome != "slips_through":
        cancel_now(account, record)
        return
    if account.now < entity["current_end"] + RENEWAL_DELAY:
        record.due = entity["current_end"] + RENEWAL_DELAY
        return
    if record.change is not None:
        change_now(account, record)
        event_payloads.emit_subscription(account, "updated", record)
    invoices.start_next_period(account, record)
    _attempt(account, record)
    if record.cancel_at_end:
        cancel_now(account, record)


def _attempt(account: Account, record: SubscriptionRecord) -> None:
    """Charges the open invoice on the first day, and after a failure on each of the next three."""
    assert record.invoice is not None and record.method is not None  # noqa: S101, PT018  it is authenticated
    entity, invoice = record.entity, account.invoices[record.invoice]
    before = record.status
    if record.outcome != "fail":
        payment = invoices.pay_invoice(account, record, invoice, record.method)
        count_period(record)
        if before == "authenticated":
            event_payloads.emit_subscription(account, "activated", record)
        event_payloads.emit_subscription(account, "charged", record, payment)
        if before == "pending":
            event_payloads.emit_subscription(account, "activated", record)
        invoices.complete_if_last(account, record, payment)
        return
    invoices.fail_payment(account, record, invoice, record.method)
    entity["auth_attempts"] += 1
    if entity["auth_attempts"] < ATTEMPTS:
        entity["status"] = "pending"
        entity["charge_at"] = record.due = account.now + DAY
        event_payloads.emit_subscription(account, "pending", record)
        return
    entity["status"] = "halted"
    entity["charge_at"] = record.due = entity["current_end"]
    event_payloads.emit_subscription(account, "halted", record)


def _halted_period_ends(account: Account, record: SubscriptionRecord) -> None:
    """Invoices are still issued, and not charged."""
    if record.cancel_at_end:
        cancel_now(account, record)
    elif record.entity["remaining_count"] > 0:
        invoices.start_next_period(account, record)
        record.entity["charge_at"] = record.due = record.entity["current_end"]
    else:
        record.entity["charge_at"] = None


def change_now(account: Account, record: SubscriptionRecord) -> None:
    """Applies the requested change."""
    change = record.change or {}
    entity = record.entity
    record.change = None
    entity["has_scheduled_changes"], entity["change_scheduled_at"] = False, None
    before, after = account.plans[entity["plan_id"]], account.plans[str(change.get("plan_id", entity["plan_id"]))]
    if (before["period"], before["interval"]) != (after["period"], after["interval"]) and entity["current_end"]:
        # Periods of another length are counted from the end of the current one.
        record.anchor, record.cycles = entity["current_end"], 0
    entity.update(change)


def cancel_now(account: Account, record: SubscriptionRecord, by: str = "self") -> None:
    """Cancels the subscription at once."""
    if record.status in FINAL:
        return
    record.entity.update(status="cancelled", ended_at=account.now, charge_at=None, cancel_initiated_by=by)
    record.due, record.change = None, None
    event_payloads.emit_subscription(account, "cancelled", record)
