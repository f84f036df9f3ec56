"""What a customer's mandates were given for: nothing in a token says of which subscription it is."""

from itertools import groupby

from local.razorpay.request_fields import LAST_MOMENT
from local.razorpay.state import Books, Wire, find, spelled

_MOST_DEBITED = 9_999_900


def of_customer(books: Books, customer_id: str) -> list[Wire]:
    """`GET /customers/:id/tokens`, the newest first: all with which something was paid. Raises Refused."""
    customers = {running.customer: running for running in books.subscriptions.values() if running.customer}
    find(customers, "cust", customer_id)
    paid = [
        each for each in books.payments.values() if each["customer_id"] == customer_id and each["status"] != "failed"
    ]
    paid.sort(key=lambda each: str(each["token_id"]))
    found = [_token(given, list(uses)) for given, uses in groupby(paid, key=lambda each: str(each["token_id"]))]
    return sorted(found, key=lambda each: int(each["created_at"]), reverse=True)


def _token(given: str, uses: list[Wire]) -> Wire:
    """A token that was given with the first of these payments and used with all of them."""
    first, method = uses[0], uses[0]["method"]
    return {
        "id": given,
        "entity": "token",
        "token": spelled(given),
        "bank": first["bank"],
        "wallet": None,
        "method": method,
        **_given_for(given, first),
        "recurring": True,
        "recurring_details": {"status": "confirmed", "failure_reason": None},
        "auth_type": "netbanking" if method == "emandate" else None,
        "mrn": None,
        "used_at": uses[-1]["created_at"],
        "created_at": first["created_at"],
        "dcc_enabled": False,
    }


def _given_for(given: str, paid: Wire) -> Wire:
    """A card is told without its id, an address in two parts, and an account as it is."""
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
        "account_number": f"{int.from_bytes(given.encode()) % 10**16:016}",
        "ifsc": "HDFC0000001",
        "account_type": "savings",
    }
    return {"vpa": None, "bank_details": account, "max_amount": _MOST_DEBITED, "expired_at": LAST_MOMENT}
