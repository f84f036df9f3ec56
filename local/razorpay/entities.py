"""What things look like on the wire. They look different in the API, in subscription.* and in other events."""

from local.razorpay.state import Books, Running, Wire, spelled

_ITEM = {"unit": None, "tax_inclusive": False, "hsn_code": None, "sac_code": None, "tax_rate": None}
_NO_TAX = {"tax_id": None, "tax_group_id": None}
# Only its own subscription events know these.
_TYPES = {"created": 1, "authenticated": 1}


def plan(books: Books, plan_id: str, asked: Wire) -> Wire:
    """A new plan; `asked` is the request."""
    item = asked["item"]
    at = books.now
    return {
        "id": plan_id,
        "entity": "plan",
        "interval": asked["interval"],
        "period": asked["period"],
        "item": {
            "id": books.new_id("item"),
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
        "notes": asked.get("notes") or [],
        "created_at": at,
    }


def in_event(running: Running) -> Wire:
    """A subscription in its events: without its page's address, with a type."""
    told = {**running.told, "short_url": None, "type": _TYPES.get(running.status, 2)}
    told["customer_id"] = running.customer
    if running.method is not None:
        told["payment_method"] = _method(running.method)
    return told


def payment(books: Books, running: Running, *, amount: int, status: str, invoice: Wire | None, method: str) -> Wire:
    """A new payment, with all that is known of it; `in_api` and `payment_in_event` show parts of that."""
    told = running.told
    captured = status == "captured"
    secret = spelled(f"{method}:{running.instrument or running.customer}")
    failure = ("BAD_REQUEST_ERROR", "Payment failed", "issuer", "payment_authorization", "payment_failed")
    code, description, source, step, reason = failure if status == "failed" else (None,) * 5
    return {
        "id": books.new_id("pay"),
        "entity": "payment",
        "amount": amount,
        "currency": books.plans[told["plan_id"]]["item"]["currency"],
        "status": status,
        "order_id": invoice["order_id"] if invoice else books.new_id("order"),
        "invoice_id": invoice["id"] if invoice else None,
        "international": method == "foreign_card",
        "method": _method(method),
        "amount_refunded": 0,
        "amount_transferred": 0,
        "refund_status": None,
        "captured": captured,
        "description": "Recurring Payment via Subscription",
        "card_id": f"card_{secret}" if _method(method) == "card" else None,
        "card": _card(f"card_{secret}", running, method) if _method(method) == "card" else None,
        "bank": "HDFC" if method == "emandate" else None,
        "wallet": None,
        "vpa": (running.instrument or f"{str(running.customer)[5:].lower()}@upi") if method == "upi" else None,
        "email": "void@razorpay.com",
        "contact": "+919999999999",
        "customer_id": running.customer,
        "token_id": f"token_{secret}",
        "notes": [],
        "fee": amount * 2 // 100 if captured else None,
        "tax": 0 if captured else None,
        "error_code": code,
        "error_description": description,
        "error_source": source,
        "error_step": step,
        "error_reason": reason,
        "acquirer_data": {"rrn": str(books.counter)}
        if method == "upi"
        else {"auth_code": str(100_000 + books.counter)},
        "created_at": books.now,
    }


def in_api(told: Wire, *, with_card: bool) -> Wire:
    """A payment as the API tells it: its card only where that was asked for."""
    shown = dict(told)
    if shown["card"] is None or not with_card:
        shown.pop("card")
    if told["method"] == "upi":
        shown["upi"] = {"payer_account_type": "bank_account", "vpa": told["vpa"], "flow": "intent"}
    return shown


def payment_in_event(told: Wire, *, of_subscription: bool) -> Wire:
    """A payment in an event. In those of subscriptions, `captured` is a text and the errors are told in short."""
    shown = in_api(told, with_card=True)
    if of_subscription:
        shown["captured"] = "1" if told["captured"] else "0"
        for name in ("error_source", "error_step", "error_reason"):
            shown.pop(name)
        if "card" in shown:
            shown["card"] = {**shown["card"], "network": "MC", "expiry_month": "01", "expiry_year": "2099"}
    return shown


def invoice(books: Books, running: Running, lines: list[Wire], start: int, end: int) -> Wire:
    """A new invoice over `lines` for a period; nobody has paid it."""
    amount = sum(line["amount"] * line["quantity"] for line in lines)
    currency = lines[0]["currency"]
    contact = {"email": "void@razorpay.com", "contact": "+919999999999"}
    return {
        "id": books.new_id("inv"),
        "entity": "invoice",
        "receipt": None,
        "invoice_number": None,
        "customer_id": running.customer,
        "customer_details": {
            "id": running.customer,
            "name": None,
            **contact,
            "gstin": None,
            "billing_address": None,
            "shipping_address": None,
            "customer_name": None,
            **{f"customer_{name}": value for name, value in contact.items()},
        },
        "order_id": books.new_id("order"),
        "subscription_id": running.told["id"],
        "line_items": lines,
        "payment_id": None,
        "status": "issued",
        "expire_by": None,
        "issued_at": books.now,
        "paid_at": None,
        "cancelled_at": None,
        "expired_at": None,
        "sms_status": None,
        "email_status": None,
        "date": books.now,
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
        "short_url": f"{books.address}/i/{running.short_code}",
        "view_less": True,
        "billing_start": start,
        "billing_end": end,
        "type": "invoice",
        "group_taxes_discounts": False,
        "created_at": books.now,
        "idempotency_key": None,
    }


def line(books: Books, plan_told: Wire, *, amount: int, quantity: int, kind: str, name: str | None = None) -> Wire:
    """A line of an invoice: `kind` is `plan` or `addon`; `amount` that of one."""
    item = plan_told["item"]
    whole = amount * quantity
    return {
        "id": books.new_id("li"),
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


def order(books: Books, invoice: Wire) -> Wire:
    """The order behind an invoice."""
    tried = [each for each in books.payments.values() if each["order_id"] == invoice["order_id"]]
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
        "status": "paid" if invoice["status"] == "paid" else "attempted" if tried else "created",
        "attempts": len(tried),
        "notes": [],
        "created_at": invoice["created_at"],
    }


def collection(items: list[Wire]) -> Wire:
    """A list."""
    return {"entity": "collection", "count": len(items), "items": items}


def _method(method: str) -> str:
    return "card" if method == "foreign_card" else method


def _card(card_id: str, running: Running, method: str) -> Wire:
    number = running.instrument or ""
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
