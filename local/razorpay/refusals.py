"""How Razorpay says no."""

from typing import Any

# What stands for nothing in its longer form.
_NOT_APPLICABLE = {"source": "NA", "step": "NA", "reason": "NA", "metadata": {}}
_INPUT = {"source": "business", "step": "payment_initiation", "reason": "input_validation_failed", "metadata": {}}

UNKNOWN_ROUTE = "The requested URL was not found on the server."
NO_SUCH_ID = "The id provided does not exist"
PAID_BY_UPI = "subscriptions cannot be updated when payment mode is UPI"
PAID_BY_MANDATE = "subscriptions cannot be updated when payment mode is Emandate"
CARD_MANDATE = "Can't update subscription immediately when card mandate is applicable"
REUSED_KEY = "Different request with the same idempotency key has already been processed."


class Refused(Exception):
    """A request that is answered with an error: its status and its body."""

    def __init__(
        self, description: str, *, field: str | None = None, form: str = "short", status: int = 400, code: str = ""
    ) -> None:
        super().__init__(description)
        self.status = status
        error: dict[str, Any] = {"code": code or "BAD_REQUEST_ERROR", "description": description}
        error |= {"short": {}, "long": _NOT_APPLICABLE, "input": _INPUT}[form]
        if field is not None:
            error["field"] = field
        self.body = {"error": error}


def unauthorized() -> Refused:
    """The key or its secret is wrong."""
    return Refused("Authentication failed", status=401)


def bad_id(given: str) -> Refused:
    """`given` is not even the shape of an id; what stands before its first underscore is left out."""
    return Refused(f"{given[1:] if given[:1].isalpha() else given} is not a valid id")


def no_such_id() -> Refused:
    """It looks like an id, and there is nothing of that name."""
    return Refused(NO_SUCH_ID, form="input")


def missing(field: str) -> Refused:
    """A field that has to be there is not."""
    return Refused(f"The {field.replace('_', ' ')} field is required.", field=field, form="input")


def wrong_status(verb: str, status: str) -> Refused:
    """Not something one can do to a subscription as it is."""
    return Refused(f"Subscription is not {verb} in {status} status.", field="status")
