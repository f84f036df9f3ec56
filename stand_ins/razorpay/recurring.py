"""Debits without a subscription: customers, orders whose payment authorizes a token, and debits by token."""

from typing import Any

from stand_ins.payments.state import JsonObject
from stand_ins.razorpay import entities, event_payloads
from stand_ins.razorpay.checkout import notes
from stand_ins.razorpay.refusals import ApiError, missing
from stand_ins.razorpay.state import Account, find

# `fail`: the payment fails and its event says so; `refuse`: the request is refused.
DEBIT_OUTCOMES = ("ok", "fail", "refuse")
_NOTICE = 24 * 3_600


def make_customer(account: Account, params: JsonObject) -> JsonObject:
    """`POST /customers`: with `fail_existing` "0" the one with the same address is returned."""
    email = params.get("email")
    found = next((each for each in account.customers.values() if each["email"] == email), None)
    if found is not None:
        if str(params.get("fail_existing", "1")) == "0":
            return found
        raise ApiError("Customer already exists for the merchant")
    customer = {
        "id": account.new_id("cust"),
        "entity": "customer",
        "name": params.get("name"),
        "email": email,
        "contact": params.get("contact"),
        "gstin": None,
        "notes": notes(params),
        "created_at": account.now,
    }
    account.customers[customer["id"]] = customer
    return customer


def of_order(account: Account, params: JsonObject) -> JsonObject:
    """What an order has for debits: the customer whose token its payment authorizes, or the notice of its debit."""
    more: JsonObject = {}
    if (token := params.get("token")) is not None:
        for name in ("max_amount", "expire_at", "frequency"):
            if token.get(name) is None:
                raise missing(name)
        if params["currency"] == "INR" and not 100 <= token["max_amount"] <= 1_500_000:
            raise ApiError("The max amount must be between INR 1 and INR 15000.", field="max_amount")
        customer = find(account.customers, "cust", str(params.get("customer_id")))
        more |= {"customer_id": customer["id"], "token": token}
    if (notice := params.get("notification")) is not None:
        _authorization(account, notice.get("token_id"))
        after = int(notice.get("payment_after") or account.now + _NOTICE)
        if after < account.now + _NOTICE:
            raise ApiError("The payment after must be at least 24 hours later.", field="payment_after")
        more["notification"] = {
            "token_id": notice["token_id"],
            "payment_after": after,
            "id": account.new_id("notification"),
        }
    return more


def debit(account: Account, params: JsonObject) -> JsonObject:
    """`POST /payments/create/recurring`; an order that is paid is refused, an open one can be debited again."""
    for name in ("email", "contact", "amount", "currency", "order_id", "customer_id", "token"):
        if not params.get(name):
            raise missing(name)
    order = find(account.orders, "order", str(params["order_id"]))
    authorized = _authorization(account, params["token"])
    if authorized["customer_id"] != params["customer_id"]:
        raise ApiError("The token does not belong to the customer.")
    if order["status"] == "paid":
        raise ApiError("The order has already been paid.")
    if (order["amount"], order["currency"]) != (params["amount"], params["currency"]):
        raise ApiError("Payment amount is different from order amount")
    if params["amount"] > account.orders[authorized["order_id"]]["token"]["max_amount"]:
        raise ApiError("Amount exceeds maximum amount allowed", form="input")
    if order["currency"] == "INR":
        notice = order.get("notification")
        if notice is None or notice["token_id"] != params["token"] or account.now < notice["payment_after"]:
            raise ApiError("The customer was not notified of this debit.", form="input")
    outcome = account.debits.get(params["token"], "ok")
    if outcome == "refuse":
        raise ApiError("The token is not active.", form="input")
    return _pay(account, order, authorized, params, ok=outcome == "ok")


def _pay(account: Account, order: JsonObject, by: JsonObject, params: JsonObject, *, ok: bool) -> JsonObject:
    payment: dict[str, Any] = entities.payment(
        account,
        amount=order["amount"],
        currency=order["currency"],
        status="captured" if ok else "failed",
        order_id=order["id"],
        method="foreign_card" if by["international"] else by["method"],
        customer=by["customer_id"],
        description=params.get("description"),
        notes=notes(params),
    )
    payment |= {name: by[name] for name in ("token_id", "card_id", "card", "vpa", "email", "contact")}
    account.payments[payment["id"]] = payment
    order["attempts"] += 1
    if ok:
        order.update(status="paid", amount_paid=order["amount"], amount_due=0)
        event_payloads.emit_payment(account, "captured", payment)
        event_payloads.emit_order(account, order, payment)
    else:
        order["status"] = "attempted"
        event_payloads.emit_payment(account, "failed", payment)
    return {"razorpay_payment_id": payment["id"], "razorpay_order_id": order["id"]}


def end_token(account: Account, customer_id: str, token: str) -> JsonObject:
    """`DELETE /customers/:id/tokens/:id`."""
    find(account.customers, "cust", customer_id)
    if _authorization(account, token)["customer_id"] != customer_id:
        raise ApiError("The id provided does not exist", form="input")
    account.ended_tokens[token] = len(account.payments)
    return {"deleted": True}


def script(account: Account, token: str, outcome: str) -> None:
    """Sets the outcome of a token's debits from now on: one of DEBIT_OUTCOMES."""
    if outcome not in DEBIT_OUTCOMES:
        raise ApiError(f"An outcome is one of {', '.join(DEBIT_OUTCOMES)}.")
    _authorization(account, token)
    account.debits[token] = outcome


def _authorization(account: Account, token: object) -> JsonObject:
    """The payment that authorized a token, since it was deleted."""
    for payment in list(account.payments.values())[account.ended_tokens.get(str(token), 0) :]:
        authorizes = account.orders.get(payment["order_id"], {}).get("token") is not None
        if authorizes and payment["token_id"] == token and payment["status"] == "captured":
            return payment
    raise ApiError("The id provided does not exist", form="input")
