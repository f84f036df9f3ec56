"""Orders: what is paid for once, without a subscription."""

from stand_ins.payments.state import JsonObject
from stand_ins.razorpay import entities, event_payloads, recurring
from stand_ins.razorpay.checkout import notes
from stand_ins.razorpay.refusals import ApiError, missing
from stand_ins.razorpay.state import Account, find


def make_order(account: Account, params: JsonObject) -> JsonObject:
    """`POST /orders`; raises ApiError."""
    for name in ("amount", "currency"):
        if not params.get(name):
            raise missing(name)
    if not isinstance(params["amount"], int) or params["amount"] < 100:
        raise ApiError("Order amount less than minimum amount allowed", field="amount")
    order = (
        entities.order(
            {
                "order_id": account.new_id("order"),
                "amount": params["amount"],
                "amount_paid": 0,
                "amount_due": params["amount"],
                "currency": params["currency"],
                "status": "issued",
                "created_at": account.now,
            },
            attempts=0,
        )
        | {"receipt": params.get("receipt"), "notes": notes(params)}
        | recurring.of_order(account, params)
    )
    account.orders[order["id"]] = order
    return order


def pay_order(
    account: Account, order_id: str, method: str = "card", *, ok: bool = True, instrument: str | None = None
) -> JsonObject:
    """Pays an order in the checkout, which hands the order's notes to the payment; returns the payment.

    Without an `instrument` each buyer has one of their own. A second payment of a paid order is captured too, as where
    a bank confirms two attempts.
    """
    order = find(account.orders, "order", order_id)
    payment = entities.payment(
        account,
        amount=order["amount"],
        currency=order["currency"],
        status="captured" if ok else "failed",
        order_id=order_id,
        method=method,
        customer=order.get("customer_id"),
        instrument=instrument or _own_instrument(order, method),
        description=None,
        notes=order["notes"],
    )
    account.payments[payment["id"]] = payment
    order["attempts"] += 1
    if not ok:
        order["status"] = "paid" if order["amount_paid"] else "attempted"
        event_payloads.emit_payment(account, "failed", payment)
        return payment
    order.update(status="paid", amount_paid=order["amount"], amount_due=0)
    event_payloads.emit_payment(account, "authorized", {**payment, "captured": False, "fee": None, "tax": None})
    event_payloads.emit_payment(account, "captured", payment)
    event_payloads.emit_order(account, order, payment)
    return payment


def _own_instrument(order: JsonObject, method: str) -> str:
    named = order["notes"] if isinstance(order["notes"], dict) else {}
    buyer = str(named.get("oneai_user", order["id"]))
    return f"{buyer}@upi" if method == "upi" else f"card of {buyer}"
