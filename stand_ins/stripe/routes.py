"""The endpoints of `/v1` that OneAI uses, over one account."""

import copy
from collections.abc import Callable

from stand_ins.payments.state import JsonObject
from stand_ins.stripe import catalogue, checkout, invoices, payments, plan_changes, reading, refunds
from stand_ins.stripe.checkout import shown
from stand_ins.stripe.engine import Engine
from stand_ins.stripe.events import emit
from stand_ins.stripe.form import Form, check_names, flag, inner, metadata, required, text, whole
from stand_ins.stripe.refusals import ApiError, invalid
from stand_ins.stripe.state import Account

_KINDS = {
    "customers": "customer",
    "products": "product",
    "prices": "price",
    "payment_methods": "payment_method",
    "subscriptions": "subscription",
    "invoices": "invoice",
    "payment_intents": "payment_intent",
    "charges": "charge",
    "refunds": "refund",
    "disputes": "dispute",
    "balance_transactions": "balance_transaction",
}
# What a list can be filtered by, as the object's own field.
_FILTERS = {
    "checkout.session": ("customer", "subscription", "payment_intent", "status"),
    "customer": ("email",),
    "price": ("product", "type", "currency"),
    "subscription": ("customer",),
    "invoice": ("customer", "status"),
    "invoice_payment": ("invoice", "status"),
    "payment_intent": ("customer",),
    "charge": ("payment_intent", "customer"),
    "refund": ("payment_intent", "charge"),
    "dispute": ("payment_intent", "charge"),
}


def read(engine: Engine, path: list[str], params: Form) -> JsonObject:
    """Answers a GET. Raises ApiError."""
    account = engine.account
    match path:
        case ["checkout", "sessions"]:
            return _listed(account, "checkout.session", "/v1/checkout/sessions", params)
        case ["checkout", "sessions", session_id]:
            return reading.expanded(account, shown(engine.session(session_id)), params)
        case ["invoice_payments"]:
            return _listed(account, "invoice_payment", "/v1/invoice_payments", params)
        case ["events"]:
            found = [each for each in account.log if reading.created_within(each, params)]
            kind = text(params, "type")
            return reading.page([each for each in found if kind in (None, each["type"])], "/v1/events", params)
        case ["account"]:
            return {"id": "acct_1LocalLocal0001", "object": "account", "country": "US", "default_currency": "usd"}
        case [name] if name in _KINDS:
            return _listed(account, _KINDS[name], f"/v1/{name}", params)
        case [name, entity_id] if name in _KINDS:
            return reading.expanded(account, account.get(_KINDS[name], entity_id), params)
    raise _unknown("GET", path)


def write(engine: Engine, method: str, path: list[str], form: Form) -> JsonObject:
    """Answers a POST or DELETE. Raises ApiError."""
    account = engine.account
    made = _write(engine, method, path, form)
    return reading.expanded(account, shown(made), form)


def _write(engine: Engine, method: str, path: list[str], form: Form) -> JsonObject:
    account = engine.account
    if method == "POST" and (create := _CREATE.get("/".join(path))) is not None:
        return create(account, form)
    match method, path:
        case "POST", ["customers", customer_id]:
            return _update_customer(account.get("customer", customer_id), form)
        case "POST", ["checkout", "sessions", session_id, "expire"]:
            return checkout.expire(account, engine.session(session_id))
        case "POST", ["subscriptions", subscription_id]:
            return plan_changes.update(account, account.get("subscription", subscription_id), form)
        case "DELETE", ["subscriptions", subscription_id]:
            return plan_changes.cancel_now(account, account.get("subscription", subscription_id), form)
        case "POST", ["invoices", invoice_id, "void"]:
            return invoices.void(account, account.get("invoice", invoice_id))
        case "POST", ["payment_methods", method_id, "detach"]:
            return payments.detach(account, account.get("payment_method", method_id))
        case "POST", ["payment_intents", intent_id, "confirm"]:
            return _confirm(account, account.get("payment_intent", intent_id), form)
        case "POST", ["payment_intents", intent_id, "cancel"]:
            return _cancel(account, account.get("payment_intent", intent_id))
    raise _unknown(method, path)


def _listed(account: Account, kind: str, url: str, params: Form) -> JsonObject:
    found = [shown(each) for each in account.all(kind).values() if reading.created_within(each, params)]
    for name in _FILTERS.get(kind, ()):
        wanted = text(params, name)
        found = [each for each in found if wanted in (None, each[name])]
    if kind == "price" and (active := flag(params, "active")) is not None:
        found = [each for each in found if each["active"] == active]
    if kind == "invoice" and (subscription := text(params, "subscription")) is not None:
        found = [each for each in found if each["parent"]["subscription_details"]["subscription"] == subscription]
    if kind == "invoice_payment" and (intent := text(inner(params, "payment"), "payment_intent")) is not None:
        found = [each for each in found if each["payment"]["payment_intent"] == intent]
    if kind == "subscription" and text(params, "status") != "all":
        found = [each for each in found if each["status"] not in ("canceled", "incomplete_expired")]
    return reading.expanded(account, reading.page(found, url, params), params)


def _customer(account: Account, form: Form) -> JsonObject:
    check_names(form, "email", "name", "metadata", "address", "description", "preferred_locales")
    customer = account.new("cus", email=text(form, "email"), name=text(form, "name"), metadata=metadata(form))
    emit(account, "customer.created", customer)
    return customer


def _update_customer(customer: JsonObject, form: Form) -> JsonObject:
    check_names(form, "email", "name", "metadata")
    customer.update({name: text(form, name) for name in ("email", "name") if name in form})
    customer["metadata"] = metadata(form, customer["metadata"])
    return customer


def _portal(account: Account, form: Form) -> JsonObject:
    check_names(form, "customer", "return_url", "flow_data", "locale")
    customer = account.get("customer", required(form, "customer"), "customer")
    portal = account.new("bps", customer=customer["id"], return_url=text(form, "return_url"))
    portal["url"] = f"{account.address}/p/session/{portal['id']}"
    return portal


def _intent(account: Account, form: Form) -> JsonObject:
    names = ("amount", "currency", "customer", "payment_method", "metadata", "description", "setup_future_usage")
    check_names(form, *names, "confirm", "off_session", "payment_method_types")
    amount = whole(form, "amount", minimum=1)
    if amount is None:
        raise invalid("amount", "Missing required param: amount.", "parameter_missing")
    intent = payments.new_intent(
        account,
        amount=amount,
        currency=required(form, "currency").lower(),
        customer=text(form, "customer"),
        metadata=metadata(form),
        description=text(form, "description"),
        setup_future_usage=text(form, "setup_future_usage"),
    )
    emit(account, "payment_intent.created", intent)
    return _confirm(account, intent, form) if flag(form, "confirm") else intent


def _confirm(account: Account, intent: JsonObject, form: Form) -> JsonObject:
    if intent["status"] not in ("requires_payment_method", "requires_confirmation", "requires_action"):
        message = f"This PaymentIntent's status is {intent['status']}."
        raise ApiError(message, code="payment_intent_unexpected_state")
    method = account.get("payment_method", required(form, "payment_method"), "payment_method")
    if method["customer"] != intent["customer"]:
        raise invalid("payment_method", "The PaymentMethod does not belong to the Customer of the PaymentIntent.")
    if payments.confirm(account, intent, method, present=not flag(form, "off_session")) == "failed":
        error = dict(intent["last_payment_error"])
        message, code = str(error.pop("message")), str(error.pop("code"))
        raise ApiError(message, status=402, kind="card_error", code=code, payment_intent=copy.deepcopy(intent))
    return intent


def _cancel(account: Account, intent: JsonObject) -> JsonObject:
    if intent["status"] in ("succeeded", "canceled", "processing"):
        raise ApiError(
            f"A {intent['status']} PaymentIntent cannot be canceled.", code="payment_intent_unexpected_state"
        )
    intent.update(status="canceled", canceled_at=account.now)
    emit(account, "payment_intent.canceled", intent)
    return intent


def _unknown(method: str, path: list[str]) -> ApiError:
    return ApiError(f"Unrecognized request URL ({method}: /v1/{'/'.join(path)}).", status=404)


_CREATE: dict[str, Callable[[Account, Form], JsonObject]] = {
    "customers": _customer,
    "products": catalogue.product,
    "prices": catalogue.price,
    "checkout/sessions": checkout.create,
    "payment_intents": _intent,
    "refunds": refunds.refund,
    "billing_portal/sessions": _portal,
}
