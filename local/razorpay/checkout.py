"""Plans are made, subscriptions opened on them, and paid for on their hosted page."""

from typing import Any

from local.razorpay import charges, entities, event_payloads
from local.razorpay.lifecycle import AFTER_THE_TURN
from local.razorpay.periods import PERIODS, turn
from local.razorpay.refunds import give_back
from local.razorpay.refusals import NO_SUCH_ID, Refused, missing
from local.razorpay.request_fields import LAST_MOMENT, text, whole
from local.razorpay.state import Books, Running, Wire, find, spelled

METHODS = ("card", "foreign_card", "upi", "emandate")
_KNOWN = (
    *("plan_id", "total_count", "quantity", "start_at", "expire_by", "customer_notify"),
    *("addons", "offer_id", "notes", "customer_id", "notify_info"),
)


def make_plan(books: Books, asked: Wire, plan_id: str | None = None) -> Wire:
    """`POST /plans`; raises Refused. A `plan_id` is given for those that the stand-in begins with."""
    item = asked.get("item")
    if asked.get("period") not in PERIODS:
        raise missing("period") if "period" not in asked else Refused("Not a valid period: " + str(asked["period"]))
    if not isinstance(asked.get("interval"), int) or asked["interval"] < 1:
        raise missing("interval")
    if asked["period"] == "daily" and asked["interval"] < 7:
        raise Refused("For daily plan the interval has to be a minimum of 7.", field="interval")
    if not isinstance(item, dict):
        raise missing("item")
    for name in ("name", "amount", "currency"):
        if not item.get(name):
            raise missing(name)
    _amount(item["amount"], str(item["currency"]))
    unwanted = sorted(set(asked) - {"period", "interval", "item", "notes"})
    if unwanted:
        raise Refused(f"{', '.join(unwanted)} is/are not required and should not be sent")
    told = entities.plan(books, plan_id or books.new_id("plan"), {**asked, "notes": notes(asked)})
    books.plans[told["id"]] = told
    return told


def open_subscription(books: Books, asked: Wire) -> Running:
    """`POST /subscriptions`; raises Refused."""
    unwanted = sorted(set(asked) - set(_KNOWN))
    if unwanted:
        raise Refused(f"{', '.join(unwanted)} is/are not required and should not be sent")
    for name in ("plan_id", "total_count"):
        if not asked.get(name):
            raise missing(name)
    plan = find(books.plans, "plan", str(asked["plan_id"]))
    if asked.get("addons"):
        raise Refused("This stand-in adds nothing to a first invoice.", field="addons")
    start, expires, offer = whole(asked, "start_at"), whole(asked, "expire_by"), text(asked, "offer_id")
    total, quantity = whole(asked, "total_count") or 1, whole(asked, "quantity") or 1
    if offer is not None and offer not in books.offers:
        raise Refused(NO_SUCH_ID, field="offer_id", form="input")
    for name, at in (("start_at", start), ("expire_by", expires)):
        if at is not None and at <= books.now:
            raise Refused(f"The {name.replace('_', ' ')} cannot be lesser than the current time.", field=name)
    end = turn(start or books.now, max(total - 1, 0), plan["period"], plan["interval"]) if total < 1200 else LAST_MOMENT
    if end > LAST_MOMENT:
        raise Refused("The total count exceeds what is allowed for this plan.", field="total_count")
    given = books.new_id("sub")
    code = spelled(given)[:9]
    told: dict[str, Any] = {
        "id": given,
        "entity": "subscription",
        "plan_id": plan["id"],
        "status": "created",
        "current_start": None,
        "current_end": None,
        "ended_at": None,
        "quantity": quantity,
        "notes": notes(asked),
        "charge_at": start,
        "start_at": start,
        "end_at": end,
        "auth_attempts": 0,
        "total_count": total,
        "paid_count": 0,
        "customer_notify": bool(asked.get("customer_notify", True)),
        "created_at": books.now,
        "expire_by": expires,
        "short_url": f"{books.address}/i/{code}",
        "has_scheduled_changes": False,
        "change_scheduled_at": None,
        "source": "api",
        "remaining_count": total,
        "offer_id": offer,
    }
    running = Running(told, code, due=min((at for at in (start, expires) if at is not None), default=None))
    books.subscriptions[given] = running
    return running


def pay(books: Books, running: Running, method: str, *, ok: bool, instrument: str | None = None) -> Wire:
    """Somebody pays on the hosted page, or tries to; the payment. Raises Refused where nothing is to be paid.

    A new subscription starts or is authenticated; one that is pending or halted recovers with its open invoice.
    """
    if running.status not in ("created", "pending", "halted"):
        raise Refused(f"There is nothing to pay: this subscription is {running.status}.")
    running.customer = running.customer or books.new_id("cust")
    running.told["customer_id"] = running.customer
    running.instrument = instrument or running.instrument
    if running.status != "created":
        return _recover(books, running, method, ok=ok)
    if not ok:
        return charges.failed(books, running, None, method)
    running.method = method
    if running.told["start_at"] is not None:
        return _authenticate(books, running)
    invoice = charges.enter_next_period(books, running)
    payment = charges.paid(books, running, invoice, method)
    charges.counts(running)
    event_payloads.of_subscription(books, "activated", running, payment)
    event_payloads.of_subscription(books, "charged", running, payment)
    charges.finish_if_last(books, running, payment)
    return payment


def _authenticate(books: Books, running: Running) -> Wire:
    token = charges.token(books, running, str(running.method))
    running.told["status"] = "authenticated"
    running.due = running.told["start_at"] + AFTER_THE_TURN
    event_payloads.of_subscription(books, "authenticated", running)
    give_back(books, token, token["amount"], {})
    return token


def _recover(books: Books, running: Running, method: str, *, ok: bool) -> Wire:
    invoice = books.invoices[str(running.invoice)]
    if not ok:
        return charges.failed(books, running, invoice, method)
    running.method = method
    running.outcome = "ok" if running.outcome == "fail" else running.outcome
    payment = charges.paid(books, running, invoice, method)
    charges.counts(running)
    event_payloads.of_subscription(books, "charged", running, payment)
    event_payloads.of_subscription(books, "activated", running)
    charges.finish_if_last(books, running, payment)
    return payment


def notes(asked: Wire) -> Any:
    """The notes of a request: fifteen pairs at most, and an array when there are none. Raises Refused."""
    given = asked.get("notes") or {}
    if not isinstance(given, dict):
        raise Refused("The notes must be an object of texts.", field="notes", form="input")
    if len(given) > 15:
        raise Refused("Number of fields in notes should be less than or equal to 15.", field="notes")
    if any(len(str(value)) > 256 for value in given.values()):
        raise Refused("A note may have 256 characters at most.", field="notes")
    return dict(given) or []


def _amount(amount: Any, currency: str) -> None:
    if not isinstance(amount, int) or amount < 100:
        raise Refused(f"The amount must be at least {currency} 1.00", field="amount", form="input")
