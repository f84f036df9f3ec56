"""Updates of a subscription: its price and quantity, its end, its pause."""

from stand_ins.payments.state import JsonObject
from stand_ins.stripe import invoices, subscriptions
from stand_ins.stripe.events import emit
from stand_ins.stripe.form import Form, check_names, flag, inner, items, metadata, text, whole
from stand_ins.stripe.refusals import ApiError, card_error, invalid
from stand_ins.stripe.state import Account

_FIELDS = (
    *("items", "cancel_at_period_end", "cancel_at", "pause_collection", "metadata", "proration_behavior"),
    *("payment_behavior", "proration_date", "default_payment_method", "trial_end"),
)


def update(account: Account, subscription: JsonObject, form: Form) -> JsonObject:
    """`POST /v1/subscriptions/:id`. Raises ApiError."""
    check_names(form, *_FIELDS)
    if subscription["status"] in subscriptions.ENDED:
        raise invalid("id", "A canceled subscription can only update its cancellation_details and metadata.")
    changed: JsonObject = {}
    if (at_end := flag(form, "cancel_at_period_end")) is not None:
        end = subscriptions.item_of(subscription)["current_period_end"]
        changed |= {"cancel_at_period_end": at_end, "cancel_at": end if at_end else None}
        changed["canceled_at"] = account.now if at_end else None
        subscription["cancellation_details"]["reason"] = "cancellation_requested" if at_end else None
    if "metadata" in form:
        changed["metadata"] = metadata(form, subscription["metadata"])
    if "pause_collection" in form:
        changed["pause_collection"] = _pause(form)
    if (method := text(form, "default_payment_method")) is not None:
        changed["default_payment_method"] = account.get("payment_method", method, "default_payment_method")["id"]
    subscriptions.change(account, subscription, **changed)
    if "items" in form:
        _change_items(account, subscription, form)
    return subscription


def _pause(form: Form) -> JsonObject | None:
    paused = inner(form, "pause_collection")
    if not paused:
        return None
    behavior = text(paused, "behavior")
    if behavior not in ("keep_as_draft", "mark_uncollectible", "void"):
        raise invalid("pause_collection[behavior]", "Invalid pause_collection[behavior]")
    return {"behavior": behavior, "resumes_at": whole(paused, "resumes_at")}


def _change_items(account: Account, subscription: JsonObject, form: Form) -> None:
    """Another price or quantity of the one item. An item without its id would be a second one."""
    (wanted,) = items(form, "items") or [{}]
    item = subscriptions.item_of(subscription)
    if text(wanted, "id") != item["id"]:
        raise invalid("items[0][id]", "This stand-in has subscriptions of one item: name its id.")
    price = item["price"]
    if (ref := text(wanted, "price")) is not None:
        price = account.get("price", ref, "items[0][price]")
    quantity = whole(wanted, "quantity", minimum=1) or item["quantity"]
    if price["recurring"]["interval"] != item["price"]["recurring"]["interval"]:
        raise invalid("items[0][price]", "This stand-in changes prices of the same interval.")
    if text(form, "proration_behavior") == "always_invoice" and not _paid_difference(
        account, subscription, price, quantity, text(form, "payment_behavior")
    ):
        return
    before = {"items": {"data": [dict(item)]}}
    item.update(price=price, quantity=quantity)
    emit(account, "customer.subscription.updated", subscription, before)


def _paid_difference(
    account: Account, subscription: JsonObject, price: JsonObject, quantity: int, behavior: str | None
) -> bool:
    """Charges the difference for the rest of the period; whether the change takes effect."""
    item = subscriptions.item_of(subscription)
    start, end = item["current_period_start"], item["current_period_end"]
    rest = (account.now, end)
    old, new = (
        round(each * (end - account.now) / (end - start))
        for each in (item["price"]["unit_amount"] * item["quantity"], price["unit_amount"] * quantity)
    )
    lines = [
        invoices.line(account, subscription, amount=-old, period=rest, proration=True),
        invoices.line(account, subscription, amount=new, period=rest, proration=True),
    ]
    lines[1]["pricing"]["price_details"] = {"price": price["id"], "product": price["product"]}
    invoice = invoices.draft(account, subscription, "subscription_update", lines)
    invoices.finalize(account, invoice)
    if invoice["status"] == "paid":
        return True
    method = account.get("payment_method", subscription["default_payment_method"])
    outcome = invoices.attempt(account, invoice, method, present=False)
    if outcome == "succeeded" or behavior not in ("pending_if_incomplete", "error_if_incomplete"):
        return True
    account.due.pop(invoice["id"], None)
    if behavior == "error_if_incomplete":
        invoices.void(account, invoice)
        raise card_error("card_declined", "Your card was declined.")
    subscriptions.change(
        account,
        subscription,
        pending_update={
            "billing_cycle_anchor": None,
            "expires_at": account.now + subscriptions.INCOMPLETE_SECONDS,
            "subscription_items": [{"id": item["id"], "price": price["id"], "quantity": quantity}],
            "trial_end": None,
            "trial_from_plan": None,
        },
    )
    return False


def cancel_now(account: Account, subscription: JsonObject, form: Form) -> JsonObject:
    """`DELETE /v1/subscriptions/:id`. Raises ApiError."""
    check_names(form, "invoice_now", "prorate", "cancellation_details")
    if subscription["status"] in subscriptions.ENDED:
        raise ApiError(f"No such subscription: '{subscription['id']}'", status=404, code="resource_missing", param="id")
    subscriptions.cancel(account, subscription, reason="cancellation_requested")
    return subscription
