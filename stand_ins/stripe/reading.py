"""Reading objects: filters, pages and expansion."""

import copy
from typing import Any

from stand_ins.payments.state import JsonObject
from stand_ins.stripe.form import Form, inner, text, whole
from stand_ins.stripe.refusals import invalid
from stand_ins.stripe.state import Account

_LEVELS = 4


def page(items: list[JsonObject], url: str, params: Form) -> JsonObject:
    """One page of a list, the newest first. Raises ApiError."""
    limit = whole(params, "limit", minimum=1, maximum=100) or 10
    newest = list(reversed(items))
    ids = [each["id"] for each in newest]
    if (after := text(params, "starting_after")) is not None:
        newest = newest[_place(ids, after, "starting_after") + 1 :]
    if (before := text(params, "ending_before")) is not None:
        newest = newest[max(_place(ids, before, "ending_before") - limit, 0) : _place(ids, before, "ending_before")]
    return {"object": "list", "data": newest[:limit], "has_more": len(newest) > limit, "url": url}


def _place(ids: list[str], entity_id: str, param: str) -> int:
    if entity_id not in ids:
        raise invalid(param, f"No such object: '{entity_id}'", "resource_missing")
    return ids.index(entity_id)


def created_within(each: JsonObject, params: Form) -> bool:
    """Whether it was created in `created[gte]` … `created[lte]`."""
    span = inner(params, "created")
    first, last = whole(span, "gte"), whole(span, "lte")
    return (first is None or each["created"] >= first) and (last is None or each["created"] <= last)


def expanded(account: Account, entity: JsonObject, params: Form) -> JsonObject:
    """A copy in which the ids at `expand[]` are objects. Raises ApiError."""
    shown = copy.deepcopy(entity)
    paths = params.get("expand") or []
    for path in paths if isinstance(paths, list) else [paths]:
        parts = str(path).split(".")
        if len(parts) > _LEVELS:
            raise invalid("expand", f"You cannot expand more than {_LEVELS} levels of a property: {path}")
        _expand(account, shown, parts)
    return shown


def _expand(account: Account, target: Any, parts: list[str]) -> None:
    if isinstance(target, list):
        for each in target:
            _expand(account, each, parts)
        return
    if not isinstance(target, dict) or not parts:
        return
    name, *rest = parts
    if name == "payments" and target.get("object") == "invoice" and "payments" not in target:
        paid = [each for each in account.all("invoice_payment").values() if each["invoice"] == target["id"]]
        target[name] = {"object": "list", "data": copy.deepcopy(paid), "has_more": False, "url": "/v1/invoice_payments"}
    if name not in target:
        raise invalid("expand", f"This property cannot be expanded ({name}).")
    if isinstance(target[name], str):
        target[name] = copy.deepcopy(account.find(target[name]) or target[name])
    _expand(account, target[name], rest)
