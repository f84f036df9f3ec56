"""Money moves: an invoice is made out and paid, or its payment fails. Each movement is told several times over."""

from local.razorpay import entities, event_payloads
from local.razorpay.periods import turn
from local.razorpay.state import Books, Running, Wire

# What is authorized and given back where the first charge is to come later.
TOKEN_AMOUNT = 500
# Less than this is not charged when a plan changes in the middle of a period.
LEAST = 50


def enter_next_period(books: Books, running: Running) -> Wire:
    """The next period begins, and its invoice is made out; whether it will be paid is another matter."""
    told, plan = running.told, books.plans[running.told["plan_id"]]
    if running.begun is None:
        running.begun = told["start_at"] = told["start_at"] or books.now
    start = period_end(books, running) if running.turns else running.begun
    running.turns += 1
    told["current_start"], told["current_end"] = start, period_end(books, running)
    told["remaining_count"] = max(0, told["remaining_count"] - 1)
    lines = [entities.line(books, plan, amount=price(books, running), quantity=told["quantity"], kind="plan")]
    return issue(books, running, lines, start, told["current_end"])


def issue(books: Books, running: Running, lines: list[Wire], start: int, end: int) -> Wire:
    """An invoice that waits to be paid."""
    invoice = entities.invoice(books, running, lines, start, end)
    books.invoices[invoice["id"]] = invoice
    running.invoice = invoice["id"]
    return invoice


def to_pay(books: Books, running: Running) -> int:
    """What the hosted page asks for now."""
    if running.invoice is not None:
        return int(books.invoices[running.invoice]["amount_due"])
    return TOKEN_AMOUNT if running.told["start_at"] is not None else price(books, running) * running.told["quantity"]


def price(books: Books, running: Running) -> int:
    """What one of it costs each period, less what an offer takes off."""
    amount: int = books.plans[running.told["plan_id"]]["item"]["amount"]
    return amount - amount * books.offers.get(running.told.get("offer_id") or "", 0) // 100


def period_end(books: Books, running: Running, turns: int | None = None) -> int:
    """The end of the current period, or of the one that is `turns` after its periods began."""
    assert running.begun is not None  # noqa: S101  asked only of those that began
    plan = books.plans[running.told["plan_id"]]
    return turn(running.begun, running.turns if turns is None else turns, plan["period"], plan["interval"])


def paid(books: Books, running: Running, invoice: Wire, method: str) -> Wire:
    """The invoice is paid; tells of payment and invoice, and leaves the subscription's own events to the caller."""
    payment = entities.payment(
        books, running, amount=invoice["amount"], status="captured", invoice=invoice, method=method
    )
    books.payments[payment["id"]] = payment
    invoice.update(
        status="paid",
        payment_id=payment["id"],
        paid_at=books.now,
        amount_paid=invoice["amount"],
        amount_due=0,
        customer_id=running.customer,
    )
    if running.invoice == invoice["id"]:
        running.invoice = None
    event_payloads.of_payment(books, "authorized", {**payment, "captured": False, "fee": None, "tax": None}, running)
    event_payloads.of_payment(books, "captured", payment, running)
    event_payloads.of_invoice(books, invoice, payment, running)
    return payment


def counts(running: Running) -> None:
    """A period was paid for: the subscription is active until its end, or complete if that was the last one."""
    told = running.told
    told["paid_count"] += 1
    told["auth_attempts"] = 0
    told["status"] = "active"
    told["charge_at"] = running.due = told["current_end"]


def failed(books: Books, running: Running, invoice: Wire | None, method: str) -> Wire:
    """A payment fails and is told of; nothing is paid."""
    amount: int = invoice["amount"] if invoice else TOKEN_AMOUNT
    payment = entities.payment(books, running, amount=amount, status="failed", invoice=invoice, method=method)
    books.payments[payment["id"]] = payment
    event_payloads.of_payment(books, "failed", payment, running)
    return payment


def token(books: Books, running: Running, method: str) -> Wire:
    """The authentication of a later start: a small amount that is given back, under no invoice."""
    payment = entities.payment(books, running, amount=TOKEN_AMOUNT, status="captured", invoice=None, method=method)
    books.payments[payment["id"]] = payment
    event_payloads.of_payment(books, "authorized", {**payment, "captured": False, "fee": None, "tax": None}, running)
    event_payloads.of_payment(books, "captured", payment, running)
    return payment


def finish_if_last(books: Books, running: Running, payment: Wire) -> None:
    """After the charge for the last period there is nothing more to come."""
    told = running.told
    if told["remaining_count"] > 0:
        return
    told.update(status="completed", charge_at=None, ended_at=books.now, remaining_count=0)
    running.due = None
    event_payloads.of_subscription(books, "completed", running, payment)
