"""Tokens: the instruments of a customer's mandates. Nothing in a token names its subscription."""

from itertools import groupby

from stand_ins.payments.state import JsonObject, pseudo_id
from stand_ins.razorpay.request_fields import LAST_MOMENT
from stand_ins.razorpay.state import Account, find

_MAX_AMOUNT = 9_999_900


def of_customer(account: Account, customer_id: str) -> list[JsonObject]:
    """`GET /customers/:id/tokens`, the newest first: every instrument that paid something. Raises ApiError."""
    customers: dict[str, object] = {each.customer: each for each in account.subscriptions.values() if each.customer}
    find(customers | account.customers, "cust", customer_id)
    paid = [
        each
        for place, each in enumerate(account.payments.values())
        if each["customer_id"] == customer_id
        and each["status"] != "failed"
        and place >= account.ended_tokens.get(each["token_id"], 0)
    ]
    paid.sort(key=lambda each: str(each["token_id"]))
    tokens = [_token(token_id, list(uses)) for token_id, uses in groupby(paid, key=lambda each: str(each["token_id"]))]
    return sorted(tokens, key=lambda each: int(each["created_at"]), reverse=True)


def _token(token_id: str, uses: list[JsonObject]) -> JsonObject:
    """A token that was created by the first of these payments and used by all of them."""
    first, method = uses[0], uses[0]["method"]
    return {
        "id": token_id,
        "entity": "token",
        "token": pseudo_id(token_id),
        "bank": first["bank"],
        "wallet": None,
        "method": method,
        **_instrument(token_id, first),
        "recurring": True,
        "recurring_details": {"status": "confirmed", "failure_reason": None},
        "auth_type": "netbanking" if method == "emandate" else None,
        "mrn": None,
        "used_at": uses[-1]["created_at"],
        "created_at": first["created_at"],
        "dcc_enabled": False,
    }


def _instrument(token_id: str, paid: JsonObject) -> JsonObject:
    """The instrument: a card without its id, a UPI address in two parts, or a bank account."""
    match paid["method"]:
        case "card":
            card = {name: value for name, value in paid["card"].items() if name not in ("id", "token_iin")}
            more = {"expiry_month": 12, "expiry_year": 2030, "flows": {"otp": True, "recurring": True}}
            return {"card": card | more, "expired_at": LAST_MOMENT}
        case "upi":
            username, _, handle = str(paid["vpa"]).partition("@")
            return {"vpa": {"username": username, "handle": handle, "name": None}, "start_time": paid["created_at"]}
    account = {
        "beneficiary_name": "Asha Rao",
        "account_number": f"{int.from_bytes(token_id.encode()) % 10**16:016}",
        "ifsc": "HDFC0000001",
        "account_type": "savings",
    }
    return {"vpa": None, "bank_details": account, "max_amount": _MAX_AMOUNT, "expired_at": LAST_MOMENT}
