"""Razorpay's error responses."""

from typing import Any

# The values of fields that do not apply, in the long form.
_NOT_APPLICABLE = {"source": "NA", "step": "NA", "reason": "NA", "metadata": {}}
_INPUT = {"source": "business", "step": "payment_initiation", "reason": "input_validation_failed", "metadata": {}}

UNKNOWN_ROUTE = "The requested URL was not found on the server."
NO_SUCH_ID = "The id provided does not exist"
PAID_BY_UPI = "subscriptions cannot be updated when payment mode is UPI"
PAID_BY_MANDATE = "subscriptions cannot be updated when payment mode is Emandate"
CARD_MANDATE = "Can't update subscription immediately when card mandate is applicable"
REUSED_KEY = "Different request with the same idempotency key has already been processed."


class ApiError(Exception):
    """An error response: its status and its body."""

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


def unauthorized() -> ApiError:
    """The key or its secret is wrong."""
    return ApiError("Authentication failed", status=401)


def bad_id(entity_id: str) -> ApiError:
    """`entity_id` does not have the form of an id."""
    return ApiError(f"{entity_id[1:] if entity_id[:1].isalpha() else entity_id} is not a valid id")


def no_such_id() -> ApiError:
    """There is no entity with this well-formed id."""
    return ApiError(NO_SUCH_ID, form="input")


def missing(field: str) -> ApiError:
    """A required field is missing."""
    return ApiError(f"The {field.replace('_', ' ')} field is required.", field=field, form="input")


def wrong_status(verb: str, status: str) -> ApiError:
    """The operation is not possible in the subscription's status."""
    return ApiError(f"Subscription is not {verb} in {status} status.", field="status")
