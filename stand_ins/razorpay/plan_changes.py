"""Operations on an existing subscription: cancel, update, pause, resume; and when they are refused."""

from stand_ins.payments.state import JsonObject
from stand_ins.razorpay import due_charges, entities, event_payloads, invoices
from stand_ins.razorpay.refusals import CARD_MANDATE, PAID_BY_MANDATE, PAID_BY_UPI, ApiError, wrong_status
from stand_ins.razorpay.request_fields import text, whole
from stand_ins.razorpay.state import Account, SubscriptionRecord, find


def cancel(account: Account, record: SubscriptionRecord, *, at_cycle_end: bool) -> None:
    """Cancels now or at the end of the period; the entity does not show a scheduled one. Raises ApiError."""
    if record.status in due_charges.FINAL:
        raise wrong_status("cancellable", record.status)
    if not at_cycle_end:
        due_charges.cancel_now(account, record)
    elif record.entity["current_end"] is None:
        raise ApiError("Subscription cannot be cancelled at cycle end as no billing cycle is going on", field="status")
    else:
        record.cancel_at_end = True
        if record.status == "paused":
            record.due = record.entity["current_end"]


def update(account: Account, record: SubscriptionRecord, params: JsonObject) -> None:
    """Changes the plan, now or at the end of the period, if the payment method allows it. Raises ApiError."""
    if record.status not in ("authenticated", "active"):
        raise wrong_status("updatable", record.status)
    if record.method == "upi":
        raise ApiError(PAID_BY_UPI)
    if record.method == "emandate":
        raise ApiError(PAID_BY_MANDATE)
    change: JsonObject = {
        name: whole(params, name) for name in ("quantity", "remaining_count", "start_at") if name in params
    }
    change |= {name: text(params, name) for name in ("plan_id", "offer_id") if name in params}
    if not change:
        raise ApiError("At least one field has to be sent.")
    if record.method == "card" and set(change) - {"offer_id"}:
        raise ApiError(CARD_MANDATE)
    if "plan_id" in change:
        find(account.plans, "plan", str(change["plan_id"]))
    when = params.get("schedule_change_at", "now")
    if when not in ("now", "cycle_end"):
        raise ApiError("schedule_change_at should be either now or cycle_end", field="schedule_change_at")
    record.change = change
    if when == "cycle_end" and record.status == "active":
        record.entity["has_scheduled_changes"] = True
        record.entity["change_scheduled_at"] = record.entity["current_end"]
        return
    _change_at_once(account, record)


def _change_at_once(account: Account, record: SubscriptionRecord) -> None:
    """Changes the plan and charges the difference for the rest of the period."""
    entity = record.entity
    before = account.plans[entity["plan_id"]]["item"]["amount"] * entity["quantity"]
    due_charges.change_now(account, record)
    plan = account.plans[entity["plan_id"]]
    more = plan["item"]["amount"] * entity["quantity"] - before
    if record.status == "active":
        start, end = entity["current_start"], entity["current_end"]
        difference = more * (end - account.now) // (end - start)
        if difference >= invoices.MIN_DIFFERENCE:
            line = entities.line(account, plan, amount=difference, quantity=1, kind="addon", name="Prorated difference")
            invoice = invoices.issue_invoice(account, record, [line], account.now, end)
            invoices.pay_invoice(account, record, invoice, str(record.method))
    event_payloads.emit_subscription(account, "updated", record)


def pending_change(record: SubscriptionRecord) -> JsonObject:
    """The subscription as it will be after the scheduled change. Raises ApiError."""
    if record.change is None:
        raise ApiError("No changes are scheduled for this subscription.")
    return {**record.entity, **record.change}


def cancel_change(record: SubscriptionRecord) -> None:
    """Cancels the scheduled change. Raises ApiError."""
    pending_change(record)
    record.change = None
    record.entity["has_scheduled_changes"], record.entity["change_scheduled_at"] = False, None


def pause(account: Account, record: SubscriptionRecord, by: str = "self") -> None:
    """Stops charges; a subscription that has not started is cancelled. Raises ApiError."""
    if record.status == "authenticated":
        due_charges.cancel_now(account, record)
        return
    if record.status != "active":
        raise wrong_status("pausable", record.status)
    record.entity.update(status="paused", paused_at=account.now, charge_at=None, pause_initiated_by=by)
    record.due = record.entity["current_end"] if record.cancel_at_end else None
    event_payloads.emit_subscription(account, "paused", record)


def resume(account: Account, record: SubscriptionRecord, by: str = "self") -> None:
    """Charges continue with the next period. Only the party that paused it can resume it. Raises ApiError."""
    entity = record.entity
    if record.status != "paused":
        raise wrong_status("resumable", record.status)
    if entity["pause_initiated_by"] != by:
        raise ApiError("Subscription cannot be resumed as it was paused by the customer.", field="status")
    entity.update(status="active", pause_initiated_by=None)
    while entity["current_end"] <= account.now:
        # Paused periods are neither invoiced nor charged.
        record.cycles += 1
        entity["current_start"], entity["current_end"] = entity["current_end"], invoices.period_end(account, record)
    entity["charge_at"] = record.due = entity["current_end"]
    event_payloads.emit_subscription(account, "resumed", record)
