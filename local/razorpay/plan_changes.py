"""What can be asked of a subscription that runs: cancel it, change it, pause it, resume it; and what is refused."""

from local.razorpay import charges, entities, event_payloads, lifecycle
from local.razorpay.refusals import CARD_MANDATE, PAID_BY_MANDATE, PAID_BY_UPI, Refused, wrong_status
from local.razorpay.request_fields import text, whole
from local.razorpay.state import Books, Running, Wire, find


def cancel(books: Books, running: Running, *, at_cycle_end: bool) -> None:
    """Now, or when the period is over: nothing of what is told shows that it will be. Raises Refused."""
    if running.status in lifecycle.FINAL:
        raise wrong_status("cancellable", running.status)
    if not at_cycle_end:
        lifecycle.cancelled(books, running)
    elif running.told["current_end"] is None:
        raise Refused("Subscription cannot be cancelled at cycle end as no billing cycle is going on", field="status")
    else:
        running.cancel_at_end = True
        if running.status == "paused":
            running.due = running.told["current_end"]


def update(books: Books, running: Running, asked: Wire) -> None:
    """Another plan, now or when the period is over, where the way of paying lets one. Raises Refused."""
    if running.status not in ("authenticated", "active"):
        raise wrong_status("updatable", running.status)
    if running.method == "upi":
        raise Refused(PAID_BY_UPI)
    if running.method == "emandate":
        raise Refused(PAID_BY_MANDATE)
    change: Wire = {name: whole(asked, name) for name in ("quantity", "remaining_count", "start_at") if name in asked}
    change |= {name: text(asked, name) for name in ("plan_id", "offer_id") if name in asked}
    if not change:
        raise Refused("At least one field has to be sent.")
    if running.method == "card" and set(change) - {"offer_id"}:
        raise Refused(CARD_MANDATE)
    if "plan_id" in change:
        find(books.plans, "plan", str(change["plan_id"]))
    when = asked.get("schedule_change_at", "now")
    if when not in ("now", "cycle_end"):
        raise Refused("schedule_change_at should be either now or cycle_end", field="schedule_change_at")
    running.change = change
    if when == "cycle_end" and running.status == "active":
        running.told["has_scheduled_changes"] = True
        running.told["change_scheduled_at"] = running.told["current_end"]
        return
    _change_at_once(books, running)


def _change_at_once(books: Books, running: Running) -> None:
    """The difference for what is left of the period is charged at once."""
    told = running.told
    before = books.plans[told["plan_id"]]["item"]["amount"] * told["quantity"]
    lifecycle.change_now(books, running)
    plan = books.plans[told["plan_id"]]
    more = plan["item"]["amount"] * told["quantity"] - before
    if running.status == "active":
        start, end = told["current_start"], told["current_end"]
        difference = more * (end - books.now) // (end - start)
        if difference >= charges.LEAST:
            line = entities.line(books, plan, amount=difference, quantity=1, kind="addon", name="Prorated difference")
            invoice = charges.issue(books, running, [line], books.now, end)
            charges.paid(books, running, invoice, str(running.method))
    event_payloads.of_subscription(books, "updated", running)


def pending_change(running: Running) -> Wire:
    """The subscription as it will be after the change that is scheduled. Raises Refused."""
    if running.change is None:
        raise Refused("No changes are scheduled for this subscription.")
    return {**running.told, **running.change}


def cancel_change(running: Running) -> None:
    """Nothing will change after all. Raises Refused."""
    pending_change(running)
    running.change = None
    running.told["has_scheduled_changes"], running.told["change_scheduled_at"] = False, None


def pause(books: Books, running: Running, by: str = "self") -> None:
    """No more charges; one that has not begun is cancelled. Raises Refused."""
    if running.status == "authenticated":
        lifecycle.cancelled(books, running)
        return
    if running.status != "active":
        raise wrong_status("pausable", running.status)
    running.told.update(status="paused", paused_at=books.now, charge_at=None, pause_initiated_by=by)
    running.due = running.told["current_end"] if running.cancel_at_end else None
    event_payloads.of_subscription(books, "paused", running)


def resume(books: Books, running: Running, by: str = "self") -> None:
    """Charges go on with the next period that begins. Only who paused it can resume it. Raises Refused."""
    told = running.told
    if running.status != "paused":
        raise wrong_status("resumable", running.status)
    if told["pause_initiated_by"] != by:
        raise Refused("Subscription cannot be resumed as it was paused by the customer.", field="status")
    told.update(status="active", pause_initiated_by=None)
    while told["current_end"] <= books.now:
        # Periods in which it was paused are neither invoiced nor paid for.
        running.turns += 1
        told["current_start"], told["current_end"] = told["current_end"], charges.period_end(books, running)
    told["charge_at"] = running.due = told["current_end"]
    event_payloads.of_subscription(books, "resumed", running)
