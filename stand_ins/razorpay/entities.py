"""Entities as JSON. Their shape differs between the API, `subscription.*` events and other events."""

from stand_ins.payments.state import JsonObject, pseudo_id
from stand_ins.razorpay.state import Account, SubscriptionRecord

_ITEM = {"unit": None, "tax_inclusive": False, "hsn_code": None, "sac_code": None, "tax_rate": None}
_NO_TAX = {"tax_id": None, "tax_group_id": None}
# Only subscription events have these.
_TYPES = {"created": 1, "authenticated": 1}


def plan(account: Account, plan_id: str, params: JsonObject) -> JsonObject:
    """A new plan; `params` is the request."""
    item = params["item"]
    at = account.now
    return {
        "id": plan_id,
        "entity": "plan",
        "interval": params["interval"],
        "period": params["period"],
        "item": {
            "id": account.new_id("item"),
            "active": True,
            "name": item["name"],
            "description": item.get("description"),
            "amount": item["amount"],
            "unit_amount": item["amount"],
            "currency": item["currency"],
            "type": "plan",
            **_ITEM,
            **_NO_TAX,
            "created_at": at,
            "updated_at": at,
        },
        "notes": params.get("notes") or [],
        "created_at": at,
    }


def in_event(record: SubscriptionRecord) -> JsonObject:
    """A subscription in its own events: without its page's address, with a type."""
    shown = {**record.entity, "short_url": None, "type": _TYPES.get(record.status, 2)}
    shown["customer_id"] = record.customer
    if record.method is not None:
        shown["payment_method"] = _method(record.method)
    return shown


def subscription_payment(
    account: Account, record: SubscriptionRecord, *, amount: int, status: str, invoice: JsonObject | None, method: str
) -> JsonObject:
    """A new payment of a subscription, on its invoice if there is one."""
    return payment(
        account,
        amount=amount,
        currency=account.plans[record.entity["plan_id"]]["item"]["currency"],
        status=status,
        order_id=invoice["order_id"] if invoice else account.new_id("order"),
        invoice_id=invoice["id"] if invoice else None,
        method=method,
        customer=record.customer,
        instrument=record.instrument,
        description="Recurring Payment via Subscription",
        notes=[],
    )


def payment(
    account: Account,
    *,
    amount: int,
    currency: str,
    status: str,
    order_id: str,
    invoice_id: str | None = None,
    method: str,
    customer: str | None = None,
    instrument: str | None = None,
    description: str | None,
    notes: object,
) -> JsonObject:
    """A new payment with all its fields; `in_api` and `payment_in_event` show parts of them."""
    captured = status == "captured"
    secret = pseudo_id(f"{method}:{instrument or customer}")
    failure = ("BAD_REQUEST_ERROR", "Payment failed", "issuer", "payment_authorization", "payment_failed")
    code, description, source, step, reason = failure if status == "failed" else (None,) * 5
    return {
        "id": account.new_id("pay"),
        "entity": "payment",
        "amount": amount,
        "currency": currency,
        "status": status,
        "order_id": order_id,
        "invoice_id": invoice_id,
        "international": method == "foreign_card",
        "method": _method(method),
        "amount_refunded": 0,
        "amount_transferred": 0,
        "refund_status": None,
        "captured": captured,
        "description": description,
        "card_id": f"card_{secret}" if _method(method) == "card" else None,
        "card": _card(f"card_{secret}", instrument, method) if _method(method) == "card" else None,
        "bank": "HDFC" if method == "emandate" else None,
        "wallet": None,
        "vpa": (instrument or f"{str(customer)[5:].lower()}@upi") if method == "upi" else None,
        "email": "void@razorpay.com",
        "contact": "+919999999999",
        "customer_id": customer,
        "token_id": f"token_{secret}" if customer else None,
        "notes": notes,
        "fee": amount * 2 // 100 if captured else None,
        "tax": 0 if captured else None,
        "error_code": code,
        "error_description": description,
        "error_source": source,
        "error_step": step,
        "error_reason": reason,
        "acquirer_data": {"rrn": str(account.counter)}
        if method == "upi"
        else {"auth_code": str(100_000 + account.counter)},
        "created_at": account.now,
    }


def in_api(payment_entity: JsonObject, *, with_card: bool) -> JsonObject:
    """A payment as the API returns it: its card only on request."""
    shown = dict(payment_entity)
    if shown["card"] is None or not with_card:
        shown.pop("card")
    if payment_entity["method"] == "upi":
        shown["upi"] = {"payer_account_type": "bank_account", "vpa": payment_entity["vpa"], "flow": "intent"}
    return shown


def payment_in_event(payment_entity: JsonObject, *, of_subscription: bool) -> JsonObject:
    """A payment in an event. In those of subscriptions, `captured` is a string and the error fields are fewer."""
    shown = in_api(payment_entity, with_card=True)
    if of_subscription:
        shown["captured"] = "1" if payment_entity["captured"] else "0"
        for name in ("error_source", "error_step", "error_reason"):
            shown.pop(name)
        if "card" in shown:
            shown["card"] = {**shown["card"], "network": "MC", "expiry_month": "01", "expiry_year": "2099"}
    return shown


def invoice(account: Account, record: SubscriptionRecord, lines: list[JsonObject], start: int, end: int) -> JsonObject:
    """A new, unpaid invoice of `lines` for a period."""
    amount = sum(line["amount"] * line["quantity"] for line in lines)
    currency = lines[0]["currency"]
    contact = {"email": "void@razorpay.com", "contact": "+919999999999"}
    return {
        "id": account.new_id("inv"),
        "entity": "invoice",
        "receipt": None,
        "invoice_number": None,
        "customer_id": record.customer,
        "customer_details": {
            "id": record.customer,
            "name": None,
            **contact,
            "gstin": None,
            "billing_address": None,
            "shipping_address": None,
            "customer_name": None,
            **{f"customer_{name}": value for name, value in contact.items()},
        },
        "order_id": account.new_id("order"),
        "subscription_id": record.entity["id"],
        "line_items": lines,
        "payment_id": None,
        "status": "issued",
        "expire_by": None,
        "issued_at": account.now,
        "paid_at": None,
        "cancelled_at": None,
        "expired_at": None,
        "sms_status": None,
        "email_status": None,
        "date": account.now,
        "terms": None,
        "partial_payment": False,
        "gross_amount": amount,
        "tax_amount": 0,
        "taxable_amount": amount,
        "amount": amount,
        "amount_paid": 0,
        "amount_due": amount,
        "currency": currency,
        "currency_symbol": {"INR": "₹", "USD": "$"}.get(currency, currency),
        "description": None,
        "notes": [],
        "comment": None,
        "short_url": f"{account.address}/i/{record.short_code}",
        "view_less": True,
        "billing_start": start,
        "billing_end": end,
        "type": "invoice",
        "group_taxes_discounts": False,
        "created_at": account.now,
        "idempotency_key": None,
    }


def line(
    account: Account, plan_entity: JsonObject, *, amount: int, quantity: int, kind: str, name: str | None = None
) -> JsonObject:
    """A line of an invoice: `kind` is `plan` or `addon`; `amount` that of one unit."""
    item = plan_entity["item"]
    whole = amount * quantity
    return {
        "id": account.new_id("li"),
        "item_id": None,
        "ref_id": None,
        "ref_type": None,
        "name": name or item["name"],
        "description": item["description"],
        "amount": amount,
        "unit_amount": amount,
        "gross_amount": whole,
        "tax_amount": 0,
        "taxable_amount": whole,
        "net_amount": whole,
        "currency": item["currency"],
        "type": kind,
        **_ITEM,
        "quantity": quantity,
        "taxes": [],
    }


def order(invoice: JsonObject, attempts: int) -> JsonObject:
    """The order behind an invoice, which was attempted to be paid so often."""
    return {
        "id": invoice["order_id"],
        "entity": "order",
        "amount": invoice["amount"],
        "amount_paid": invoice["amount_paid"],
        "amount_due": invoice["amount_due"],
        "currency": invoice["currency"],
        "receipt": None,
        "offer_id": None,
        "offers": {"entity": "collection", "count": 0, "items": []},
        "status": "paid" if invoice["status"] == "paid" else "attempted" if attempts else "created",
        "attempts": attempts,
        "notes": [],
        "created_at": invoice["created_at"],
    }


def collection(items: list[JsonObject]) -> JsonObject:
    """A list."""
    return {"entity": "collection", "count": len(items), "items": items}


def _method(method: str) -> str:
    return "card" if method == "foreign_card" else method


def _card(card_id: str, instrument: str | None, method: str) -> JsonObject:
    number = instrument or ""
    return {
        "id": card_id,
        "entity": "card",
        "name": "",
        "last4": number[-4:] if number[-4:].isdigit() else f"{int.from_bytes(card_id.encode()) % 10_000:04}",
        "network": "MasterCard",
        "type": "credit",
        "issuer": None if method == "foreign_card" else "UTIB",
        "international": method == "foreign_card",
        "emi": False,
        "sub_type": "consumer",
        "token_iin": None,
    }
