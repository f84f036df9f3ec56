"""Checkout Sessions: created, paid on their page, expired."""

from typing import Any

from stand_ins.payments.state import JsonObject
from stand_ins.stripe import invoices, payments, subscriptions
from stand_ins.stripe.cards import card_of
from stand_ins.stripe.catalogue import DAY, HOUR, name_of
from stand_ins.stripe.events import emit
from stand_ins.stripe.form import Form, check_names, inner, items, metadata, required, text, whole
from stand_ins.stripe.payments import Outcome
from stand_ins.stripe.refusals import ApiError, invalid, missing
from stand_ins.stripe.state import Account

_FIELDS = (
    *("mode", "line_items", "success_url", "cancel_url", "customer", "customer_email", "client_reference_id"),
    *("metadata", "subscription_data", "payment_intent_data", "expires_at", "billing_address_collection"),
    *("consent_collection", "customer_update", "customer_creation", "locale", "payment_method_types"),
)
# How soon a trial may end at the earliest.
_TRIAL_SECONDS = 2 * DAY
# What the request asked for and the session does not show.
_HIDDEN = "_asked"


def create(account: Account, form: Form) -> JsonObject:
    """`POST /v1/checkout/sessions`. Raises ApiError."""
    check_names(form, *_FIELDS)
    mode = required(form, "mode")
    if mode not in ("payment", "subscription"):
        raise invalid("mode", "This stand-in has the modes payment and subscription.")
    success_url = required(form, "success_url")
    price, quantity = _line(account, form, mode)
    name = name_of(account, price) if "product" in price else price["lookup_key"]
    expires_at = whole(form, "expires_at")
    if expires_at is not None and not account.now + HOUR // 2 <= expires_at <= account.now + DAY:
        raise invalid("expires_at", "The `expires_at` timestamp must be between 30 minutes and 24 hours from now.")
    customer, email = text(form, "customer"), text(form, "customer_email")
    if customer is not None:
        account.get("customer", customer, "customer")
    asked = _asked(account, form, mode)
    amount = 0 if asked.get("begins") else price["unit_amount"] * quantity
    session = account.new(
        "cs",
        amount_subtotal=amount,
        amount_total=amount,
        cancel_url=text(form, "cancel_url"),
        client_reference_id=text(form, "client_reference_id"),
        currency=price["currency"],
        customer=customer,
        customer_email=email,
        expires_at=expires_at or account.now + DAY,
        metadata=metadata(form),
        mode=mode,
        success_url=success_url,
    )
    session["url"] = f"{account.address}/c/pay/{session['id']}"
    session[_HIDDEN] = asked | {"price": price, "quantity": quantity, "name": name}
    account.due[session["id"]] = session["expires_at"]
    return session


def shown(session: JsonObject) -> JsonObject:
    """The session without what only Stripe knows."""
    return {name: value for name, value in session.items() if name != _HIDDEN}


def asked_of(session: JsonObject) -> JsonObject:
    """What the session is to sell: `price`, `quantity`, and the terms of what it makes."""
    asked: JsonObject = session[_HIDDEN]
    return asked


def _line(account: Account, form: Form, mode: str) -> tuple[JsonObject, int]:
    lines = items(form, "line_items")
    if len(lines) != 1:
        raise missing("line_items") if not lines else invalid("line_items", "This stand-in sells one item.")
    quantity = whole(lines[0], "quantity", minimum=1) or 1
    if "price_data" in lines[0]:
        return price_of(inner(lines[0], "price_data")), quantity
    price = account.get("price", required(lines[0], "price"), "line_items[0][price]")
    if (mode == "subscription") != (price["type"] == "recurring"):
        raise invalid("line_items[0][price]", f"The price is not for the mode {mode}.")
    if not price["active"]:
        raise invalid("line_items[0][price]", "The price specified is inactive.")
    return price, quantity


def price_of(data: Form) -> JsonObject:
    """The price of one payment alone, which is not listed."""
    check_names(data, "currency", "unit_amount", "product_data", "tax_behavior")
    amount = whole(data, "unit_amount", minimum=1)
    if amount is None:
        raise missing("line_items[0][price_data][unit_amount]")
    name = required(inner(data, "product_data"), "name")
    currency = required(data, "currency").lower()
    return {"unit_amount": amount, "currency": currency, "lookup_key": name, "type": "one_time", "recurring": None}


def _asked(account: Account, form: Form, mode: str) -> JsonObject:
    if mode == "payment":
        data = inner(form, "payment_intent_data")
        check_names(data, "metadata", "description", "setup_future_usage")
        return {
            "metadata": metadata(data),
            "description": text(data, "description"),
            "setup_future_usage": text(data, "setup_future_usage"),
        }
    data = inner(form, "subscription_data")
    check_names(
        data, "metadata", "description", "trial_end", "trial_settings", "billing_cycle_anchor", "proration_behavior"
    )
    trial_end, anchor = whole(data, "trial_end"), whole(data, "billing_cycle_anchor")
    if trial_end is not None and trial_end < account.now + _TRIAL_SECONDS:
        raise invalid("subscription_data[trial_end]", "The trial end must be at least 2 days in the future.")
    if anchor is not None and (anchor <= account.now or text(data, "proration_behavior") != "none"):
        raise invalid("subscription_data[billing_cycle_anchor]", "The anchor must be in the future, without proration.")
    return {"metadata": metadata(data), "trial_end": trial_end, "anchor": anchor, "begins": trial_end or anchor}


def pay(account: Account, session: JsonObject, number: str, *, authenticated: bool = False) -> Outcome:
    """The payer submits the page with a card. A declined one leaves the session open. Raises ApiError unless it is."""
    if session["status"] != "open":
        raise ApiError(f"This Checkout Session is {session['status']}.", code="session_not_open")
    asked = asked_of(session)
    customer = session["customer"] or _customer(account, session)["id"]
    method = payments.attach(account, number, customer)
    if session["mode"] == "payment":
        return _pay_once(account, session, asked, customer, method, authenticated=authenticated)
    return _subscribe(account, session, asked, customer, method, authenticated=authenticated)


def _pay_once(
    account: Account,
    session: JsonObject,
    asked: JsonObject,
    customer: str,
    method: JsonObject,
    *,
    authenticated: bool,
) -> Outcome:
    intent = account.find(str(session["payment_intent"]))
    if intent is None:
        intent = payments.new_intent(
            account,
            amount=session["amount_total"],
            currency=session["currency"],
            customer=customer,
            metadata=asked["metadata"],
            description=asked["description"],
            setup_future_usage=asked["setup_future_usage"],
        )
        session["payment_intent"] = intent["id"]
        emit(account, "payment_intent.created", intent)
    outcome = payments.confirm(account, intent, method, present=True, authenticated=authenticated)
    if outcome in ("succeeded", "processing"):
        _complete(account, session, method, paid="paid" if outcome == "succeeded" else "unpaid")
    return outcome


def _subscribe(
    account: Account,
    session: JsonObject,
    asked: JsonObject,
    customer: str,
    method: JsonObject,
    *,
    authenticated: bool,
) -> Outcome:
    subscription = account.find(str(session["subscription"]))
    if subscription is None:
        if not asked["begins"] and (declined := card_of(account.cards[method["id"]]).declined) is not None:
            # The subscription is made with the first attempt that its bank does not decline.
            intent = payments.new_intent(
                account, amount=session["amount_total"], currency=session["currency"], customer=customer
            )
            intent["payment_method"] = method["id"]
            return payments.fail(account, intent, "card_declined", declined)
        subscription = subscriptions.start(
            account,
            customer=customer,
            price=asked["price"],
            quantity=asked["quantity"],
            metadata=asked["metadata"],
            method=method,
            trial_end=asked["trial_end"],
            anchor=asked["anchor"],
        )
        session["subscription"] = subscription["id"]
    subscription["default_payment_method"] = method["id"]
    invoice = account.get("invoice", subscription["latest_invoice"])
    session["invoice"] = invoice["id"]
    if invoice["status"] == "paid":
        _complete(account, session, method, paid="no_payment_required")
        return "succeeded"
    outcome = invoices.attempt(account, invoice, method, present=True, authenticated=authenticated)
    subscriptions.concluded(account, invoice, outcome)
    if outcome in ("succeeded", "processing"):
        _complete(account, session, method, paid="paid" if outcome == "succeeded" else "unpaid")
    return outcome


def settled(account: Account, intent: JsonObject, *, ok: bool) -> None:
    """A debit that was processing when the session completed succeeded or failed."""
    invoice = invoices.invoice_of(account, intent)
    for session in account.all("checkout.session").values():
        named = session["payment_intent"] == intent["id"] or (invoice and session["invoice"] == invoice["id"])
        if named and session["status"] == "complete" and session["payment_status"] == "unpaid":
            session["payment_status"] = "paid" if ok else "unpaid"
            emit(account, f"checkout.session.async_payment_{'succeeded' if ok else 'failed'}", shown(session))


def expire(account: Account, session: JsonObject) -> JsonObject:
    """`POST …/expire`, or its time is over. Raises ApiError unless it is open."""
    if session["status"] != "open":
        raise ApiError(
            f'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a '
            f"status of {session['status']}."
        )
    account.due.pop(session["id"], None)
    session.update(status="expired", url=None)
    emit(account, "checkout.session.expired", shown(session))
    return session


def _complete(account: Account, session: JsonObject, method: JsonObject, *, paid: str) -> None:
    account.due.pop(session["id"], None)
    customer = account.get("customer", method["customer"])
    country = card_of(account.cards[method["id"]]).country
    address: dict[str, Any] = dict.fromkeys(("city", "line1", "line2", "postal_code", "state"))
    session.update(
        status="complete",
        payment_status=paid,
        url=None,
        customer=customer["id"],
        customer_details={
            "address": address | {"country": country},
            "business_name": None,
            "email": customer["email"],
            "individual_name": None,
            "name": customer["name"],
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": [],
        },
    )
    emit(account, "checkout.session.completed", shown(session))


def _customer(account: Account, session: JsonObject) -> JsonObject:
    """Without one, each session makes a customer of its own."""
    customer = account.new("cus", email=session["customer_email"])
    emit(account, "customer.created", customer)
    session["customer"] = customer["id"]
    return customer
