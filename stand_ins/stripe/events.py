"""Events as snapshots: the object as it is now, rendered in the version of the webhook's endpoint."""

import copy
import json
from typing import Any

from stand_ins.payments.state import Event, JsonObject
from stand_ins.stripe.state import LISTED_EVENTS, Account

# The version in which invoices and subscriptions lost their older fields.
_BASIL = "2025-03-31"


def emit(account: Account, name: str, entity: JsonObject, previous: JsonObject | None = None) -> None:
    """Adds an event about the object. `previous`: the values before, of an update."""
    data: JsonObject = {"object": rendered(account, entity)}
    if previous is not None:
        data["previous_attributes"] = previous
    event_id = account.new_id("evt")
    envelope = {
        "id": event_id,
        "object": "event",
        "api_version": account.api_version,
        "created": account.now,
        "data": data,
        "livemode": account.livemode,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": name,
    }
    _add(account, event_id, name, envelope, subscription_of(account, entity))


def emit_thin(account: Account, name: str, entity: JsonObject) -> None:
    """Adds a thin event, which only names its object."""
    event_id = account.new_id("evt")
    kind, entity_id = str(entity["object"]), str(entity["id"])
    envelope = {
        "id": event_id,
        "object": "v2.core.event",
        "type": name,
        "livemode": account.livemode,
        "created": "2026-11-25T08:00:00.000Z",
        "related_object": {"id": entity_id, "type": kind, "url": f"/v1/{kind}s/{entity_id}"},
        "reason": None,
        "context": None,
    }
    _add(account, event_id, name, envelope, subscription_of(account, entity))


def _add(account: Account, event_id: str, name: str, envelope: JsonObject, subscription_id: str | None) -> None:
    body = json.dumps(envelope, separators=(",", ":"), ensure_ascii=False)
    account.events.append(Event(event_id, name, body, account.now, subscription_id))
    account.log = [*account.log[1 - LISTED_EVENTS :], envelope]


def rendered(account: Account, entity: JsonObject) -> JsonObject:
    """The object in the version of the endpoint. Before basil, an invoice names its subscription and its payment, and a
    subscription its period."""
    shown = copy.deepcopy(entity)
    if account.api_version >= _BASIL:
        return shown
    if shown["object"] == "invoice":
        details = (shown.pop("parent") or {}).get("subscription_details") or {}
        paid = [each for each in account.all("invoice_payment").values() if each["invoice"] == shown["id"]]
        intent = paid[-1]["payment"]["payment_intent"] if paid else None
        charge = (account.find(intent) or {}).get("latest_charge") if intent else None
        shown |= {"subscription": details.get("subscription"), "payment_intent": intent, "charge": charge}
        shown["paid"] = shown["status"] == "paid"
    elif shown["object"] == "subscription":
        for item in shown["items"]["data"]:
            shown |= {name: item.pop(name) for name in ("current_period_start", "current_period_end")}
    return shown


def subscription_of(account: Account, entity: JsonObject) -> str | None:
    """The subscription that an object belongs to, as operators of the local stack choose deliveries by it."""
    kind = entity["object"]
    found: Any = None
    if kind == "subscription":
        found = entity["id"]
    elif kind == "invoice":
        found = ((entity["parent"] or {}).get("subscription_details") or {}).get("subscription")
    elif kind == "checkout.session":
        found = entity["subscription"]
    else:
        intent = entity["id"] if kind == "payment_intent" else entity.get("payment_intent")
        for each in account.all("invoice_payment").values():
            if each["payment"]["payment_intent"] == intent or each["id"] == entity["id"]:
                return subscription_of(account, account.get("invoice", each["invoice"]))
    return None if found is None else str(found)
