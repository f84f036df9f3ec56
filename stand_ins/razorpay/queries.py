"""The GETs of the API: one function of engine, path and parameters."""

from collections.abc import Iterable, Mapping

from stand_ins.payments.state import JsonObject
from stand_ins.razorpay import entities
from stand_ins.razorpay.engine import Engine
from stand_ins.razorpay.refusals import UNKNOWN_ROUTE, ApiError

_MAX_COUNT = 100
_DEFAULT_COUNT = 10


def answer(engine: Engine, path: str, params: Mapping[str, str]) -> JsonObject:
    """The response to `GET /v1{path}`; raises ApiError."""
    match path.strip("/").split("/"):
        case ["plans"]:
            return _page(reversed(engine.account.plans.values()), params)
        case ["plans", plan_id]:
            return engine.plan(plan_id)
        case ["subscriptions"]:
            only = params.get("plan_id")
            return _page((each for each in engine.subscriptions() if only in (None, each["plan_id"])), params)
        case ["subscriptions", subscription_id]:
            return engine.subscription(subscription_id)
        case ["subscriptions", subscription_id, "retrieve_scheduled_changes"]:
            return engine.pending_change(subscription_id)
        case ["invoices", *rest]:
            return _invoices(engine, rest, params)
        case ["payments"]:
            newest = reversed(engine.account.payments.values())
            return _page((entities.in_api(each, with_card=False) for each in newest), params)
        case ["payments", payment_id]:
            with_card = "card" in (params.get("expand[]"), params.get("expand"))
            return entities.in_api(engine.payment(payment_id), with_card=with_card)
        case ["payments", payment_id, "refunds"]:
            return _page(engine.refunds_of(payment_id), params)
        case ["refunds" | "disputes" as kind]:
            found = engine.account.refunds if kind == "refunds" else engine.account.disputes
            return _page(reversed(found.values()), params)
        case ["customers", customer_id, "tokens"]:
            return entities.collection(engine.tokens_of(customer_id))
        case ["orders", order_id, *rest]:
            return _order(engine, order_id, rest, params)
    raise ApiError(UNKNOWN_ROUTE, form="long")


def _invoices(engine: Engine, rest: list[str], params: Mapping[str, str]) -> JsonObject:
    match rest:
        case []:
            only = params.get("subscription_id")
            return _page(
                reversed(engine.account.invoices.values()) if only is None else engine.invoices_of(only), params
            )
        case [invoice_id]:
            return engine.invoice(invoice_id)
    raise ApiError(UNKNOWN_ROUTE, form="long")


def _order(engine: Engine, order_id: str, rest: list[str], params: Mapping[str, str]) -> JsonObject:
    match rest:
        case []:
            return engine.order(order_id)
        case ["payments"]:
            return _page((entities.in_api(p, with_card=False) for p in engine.payments_of_order(order_id)), params)
    raise ApiError(UNKNOWN_ROUTE, form="long")


def _page(items: Iterable[JsonObject], params: Mapping[str, str]) -> JsonObject:
    """`count` of them (10, at most 100) after the first `skip`, created between `from` and `to`."""
    first, last = _number(params, "from"), _number(params, "to")
    count, skip = _number(params, "count"), _number(params, "skip") or 0
    if count is not None and not 1 <= count <= _MAX_COUNT:
        raise ApiError(f"The count must be between 1 and {_MAX_COUNT}.", field="count", form="input")
    within = [
        each
        for each in items
        if (first is None or each["created_at"] >= first) and (last is None or each["created_at"] <= last)
    ]
    return entities.collection(within[skip : skip + (count or _DEFAULT_COUNT)])


def _number(params: Mapping[str, str], name: str) -> int | None:
    text = params.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise ApiError(f"The {name} must be an integer.", field=name, form="input")
    return int(text)
