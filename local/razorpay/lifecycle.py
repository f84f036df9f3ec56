"""What happens to subscriptions of itself, as time goes by: they expire, renew, fail, halt, end."""

from local.razorpay import charges, event_payloads
from local.razorpay.periods import DAY
from local.razorpay.state import Books, Running

# A charge is tried again on the next three days.
ATTEMPTS = 4
# A renewal is charged and told a little after its period began.
AFTER_THE_TURN = 90
FINAL = ("cancelled", "completed", "expired")


def run_until(books: Books, now: int) -> None:
    """Everything that comes due by `now` happens, oldest first."""
    while True:
        due = min(
            ((each.due, number) for number, each in enumerate(books.subscriptions.values()) if each.due is not None),
            default=None,
        )
        if due is None or due[0] > now:
            break
        books.now = max(books.now, due[0])
        _happens(books, list(books.subscriptions.values())[due[1]])
    books.now = max(books.now, now)


def _happens(books: Books, running: Running) -> None:
    running.due = None
    match running.status:
        case "created":
            # Nobody paid in time. There is no event for it.
            running.told.update(status="expired", charge_at=None)
        case "authenticated":
            _first_charge(books, running)
        case "active":
            _period_ends(books, running)
        case "pending":
            _attempt(books, running)
        case "paused":
            cancelled(books, running)
        case "halted":
            _halted_period_ends(books, running)


def _first_charge(books: Books, running: Running) -> None:
    """The later start has come: as an immediate one, except that nobody is there."""
    charges.enter_next_period(books, running)
    _attempt(books, running)


def _period_ends(books: Books, running: Running) -> None:
    told = running.told
    if running.cancel_at_end and running.outcome != "slips_through":
        cancelled(books, running)
        return
    if books.now < told["current_end"] + AFTER_THE_TURN:
        running.due = told["current_end"] + AFTER_THE_TURN
        return
    if running.change is not None:
        change_now(books, running)
        event_payloads.of_subscription(books, "updated", running)
    charges.enter_next_period(books, running)
    _attempt(books, running)
    if running.cancel_at_end:
        cancelled(books, running)


def _attempt(books: Books, running: Running) -> None:
    """Charges the open invoice: on the day, and after a failure on each of the next three."""
    assert running.invoice is not None and running.method is not None  # noqa: S101, PT018  it was authenticated
    told, invoice = running.told, books.invoices[running.invoice]
    before = running.status
    if running.outcome != "fail":
        payment = charges.paid(books, running, invoice, running.method)
        charges.counts(running)
        if before == "authenticated":
            event_payloads.of_subscription(books, "activated", running)
        event_payloads.of_subscription(books, "charged", running, payment)
        if before == "pending":
            event_payloads.of_subscription(books, "activated", running)
        charges.finish_if_last(books, running, payment)
        return
    charges.failed(books, running, invoice, running.method)
    told["auth_attempts"] += 1
    if told["auth_attempts"] < ATTEMPTS:
        told["status"] = "pending"
        told["charge_at"] = running.due = books.now + DAY
        event_payloads.of_subscription(books, "pending", running)
        return
    told["status"] = "halted"
    told["charge_at"] = running.due = told["current_end"]
    event_payloads.of_subscription(books, "halted", running)


def _halted_period_ends(books: Books, running: Running) -> None:
    """Invoices go on being made out, and are not charged."""
    if running.cancel_at_end:
        cancelled(books, running)
    elif running.told["remaining_count"] > 0:
        charges.enter_next_period(books, running)
        running.told["charge_at"] = running.due = running.told["current_end"]
    else:
        running.told["charge_at"] = None


def change_now(books: Books, running: Running) -> None:
    """The change that was asked for takes place."""
    change = running.change or {}
    told = running.told
    running.change = None
    told["has_scheduled_changes"], told["change_scheduled_at"] = False, None
    before, after = books.plans[told["plan_id"]], books.plans[str(change.get("plan_id", told["plan_id"]))]
    if (before["period"], before["interval"]) != (after["period"], after["interval"]) and told["current_end"]:
        # Periods of another length are counted anew, from the end of the current one.
        running.begun, running.turns = told["current_end"], 0
    told.update(change)


def cancelled(books: Books, running: Running, by: str = "self") -> None:
    """It ends here and now."""
    if running.status in FINAL:
        return
    running.told.update(status="cancelled", ended_at=books.now, charge_at=None, cancel_initiated_by=by)
    running.due, running.change = None, None
    event_payloads.of_subscription(books, "cancelled", running)
