"""Plans are created, subscriptions are created on them and paid for on their hosted page."""

from typing import Any

from stand_ins.payments.state import JsonObject, pseudo_id
from stand_ins.razorpay import entities, event_payloads, invoices
from stand_ins.razorpay.due_charges import RENEWAL_DELAY, count_period
from stand_ins.razorpay.periods import PERIODS, cycle_end
from stand_ins.razorpay.refunds import issue_refund
from stand_ins.razorpay.refusals import NO_SUCH_ID, ApiError, missing
from stand_ins.razorpay.request_fields import LAST_MOMENT, text, whole
from stand_ins.razorpay.state import Account, SubscriptionRecord, find

METHODS = ("card", "foreign_card", "upi", "emandate")
_FIELDS = (
    *("plan_id", "total_count", "quantity", "start_at", "expire_by", "customer_notify"),
    *("addons", "offer_id", "notes", "customer_id", "notify_info"),
)


def make_plan(account: Account, params: JsonObject, plan_id: str | None = None) -> JsonObject:
    """`POST /plans`; raises ApiError. The plans that the stand-in starts with have a `plan_id` of their own."""
    item = params.get("item")
    if params.get("period") not in PERIODS:
        raise missing("period") if "period" not in params else ApiError("Not a valid period: " + str(params["period"]))
    if not isinstance(params.get("interval"), int) or params["interval"] < 1:
        raise missing("interval")
    if params["period"] == "daily" and params["interval"] < 7:
        raise ApiError("For daily plan the interval has to be a minimum of 7.", field="interval")
    if not isinstance(item, dict):
        raise missing("item")
    for name in ("name", "amount", "currency"):
        if not item.get(name):
            raise missing(name)
    _amount(item["amount"], str(item["currency"]))
    unknown = sorted(set(params) - {"period", "interval", "item", "notes"})
    if unknown:
        raise ApiError(f"{', '.join(unknown)} is/are not required and should not be sent")
    plan = entities.plan(account, plan_id or account.new_id("plan"), {**params, "notes": notes(params)})
    account.plans[plan["id"]] = plan
    return plan


def open_subscription(account: Account, params: JsonObject) -> SubscriptionRecord:
    """`POST /subscriptions`; raises ApiError."""
    unknown = sorted(set(params) - set(_FIELDS))
    if unknown:
        raise ApiError(f"{', '.join(unknown)} is/are not required and should not be sent")
    for name in ("plan_id", "total_count"):
        if not params.get(name):
            raise missing(name)
    plan = find(account.plans, "plan", str(params["plan_id"]))
    if params.get("addons"):
        raise ApiError("This stand-in adds nothing to a first invoice.", field="addons")
    start, expires, offer = whole(params, "start_at"), whole(params, "expire_by"), text(params, "offer_id")
    total, quantity = whole(params, "total_count") or 1, whole(params, "quantity") or 1
    if offer is not None and offer not in account.offers:
        raise ApiError(NO_SUCH_ID, field="offer_id", form="input")
    for name, at in (("start_at", start), ("expire_by", expires)):
        if at is not None and at <= account.now:
            raise ApiError(f"The {name.replace('_', ' ')} cannot be lesser than the current time.", field=name)
    end = (
        cycle_end(start or account.now, max(total - 1, 0), plan["period"], plan["interval"])
        if total < 1200
        else LAST_MOMENT
    )
    if end > LAST_MOMENT:
        raise ApiError("The total count exceeds what is allowed for this plan.", field="total_count")
    subscription_id = account.new_id("sub")
    code = pseudo_id(subscription_id)[:9]
    entity: dict[str, Any] = {
        "id": subscription_id,
        "entity": "subscription",
        "plan_id": plan["id"],
        "status": "created",
        "current_start": None,
        "current_end": None,
        "ended_at": None,
        "quantity": quantity,
        "notes": notes(params),
        "charge_at": start,
        "start_at": start,
        "end_at": end,
        "auth_attempts": 0,
        "total_count": total,
        "paid_count": 0,
        "customer_notify": bool(params.get("customer_notify", True)),
        "created_at": account.now,
        "expire_by": expires,
        "short_url": f"{account.address}/i/{code}",
        "has_scheduled_changes": False,
        "change_scheduled_at": None,
        "source": "api",
        "remaining_count": total,
        "offer_id": offer,
    }
    record = SubscriptionRecord(entity, code, due=min((at for at in (start, expires) if at is not None), default=None))
    account.subscriptions[subscription_id] = record
    return record


def pay(
    account: Account, record: SubscriptionRecord, method: str, *, ok: bool, instrument: str | None = None
) -> JsonObject:
    """A payment on the hosted page, or a failed attempt; returns it. Raises ApiError if nothing is to be paid.

    A new subscription starts or is authenticated; a pending or halted one recovers by paying its open invoice.
    """
    if record.status not in ("created", "pending", "halted"):
        raise ApiError(f"There is nothing to pay: this subscription is {record.status}.")
    record.customer = record.customer or account.new_id("cust")
    record.entity["customer_id"] = record.customer
    record.instrument = instrument or record.instrument
    if record.status != "created":
        return _recover(account, record, method, ok=ok)
    if not ok:
        return invoices.fail_payment(account, record, None, method)
    record.method = method
    if record.entity["start_at"] is not None:
        return _authenticate(account, record)
    invoice = invoices.start_next_period(account, record)
    payment = invoices.pay_invoice(account, record, invoice, method)
    count_period(record)
    event_payloads.emit_subscription(account, "activated", record, payment)
    event_payloads.emit_subscription(account, "charged", record, payment)
    invoices.complete_if_last(account, record, payment)
    return payment


def _authenticate(account: Account, record: SubscriptionRecord) -> JsonObject:
    token = invoices.take_token_payment(account, record, str(record.method))
    record.entity["status"] = "authenticated"
    record.due = record.entity["start_at"] + RENEWAL_DELAY
    event_payloads.emit_subscription(account, "authenticated", record)
    issue_refund(account, token, token["amount"], {})
    return token


def _recover(account: Account, record: SubscriptionRecord, method: str, *, ok: bool) -> JsonObject:
    invoice = account.invoices[str(record.invoice)]
    if not ok:
        return invoices.fail_payment(account, record, invoice, method)
    record.method = method
    record.outcome = "ok" if record.outcome == "fail" else record.outcome
    payment = invoices.pay_invoice(account, record, invoice, method)
    count_period(record)
    event_payloads.emit_subscription(account, "charged", record, payment)
    event_payloads.emit_subscription(account, "activated", record)
    invoices.complete_if_last(account, record, payment)
    return payment


def notes(params: JsonObject) -> Any:
    """The notes of a request: fifteen pairs at most, and an array if there are none. Raises ApiError."""
    pairs = params.get("notes") or {}
    if not isinstance(pairs, dict):
        raise ApiError("The notes must be an object of texts.", field="notes", form="input")
    if len(pairs) > 15:
        raise ApiError("Number of fields in notes should be less than or equal to 15.", field="notes")
    if any(len(str(value)) > 256 for value in pairs.values()):
        raise ApiError("A note may have 256 characters at most.", field="notes")
    return dict(pairs) or []


def _amount(amount: Any, currency: str) -> None:
    if not isinstance(amount, int) or amount < 100:
        raise ApiError(f"The amount must be at least {currency} 1.00", field="amount", form="input")
