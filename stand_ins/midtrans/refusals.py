"""Refusals in Midtrans' words. The Core API sends most of them with HTTP 200, Snap with their own status."""

from stand_ins.payments.state import JsonObject


class ApiError(Exception):
    """A refusal: its `status_code`, and what is wrong."""

    def __init__(self, status: int, message: str, *reasons: str) -> None:
        super().__init__("; ".join(reasons) or message)
        self.status, self.message, self.reasons = status, message, reasons

    @property
    def body(self) -> JsonObject:
        """As the Core API answers it."""
        body: JsonObject = {"status_code": str(self.status), "status_message": self.message}
        return body | ({"validation_messages": list(self.reasons)} if self.reasons else {})

    @property
    def snap_body(self) -> JsonObject:
        """As Snap answers it."""
        return {"error_messages": list(self.reasons) or [self.message]}


def invalid(*reasons: str) -> ApiError:
    """400 of a request whose fields are wrong."""
    return ApiError(400, "One or more parameters in the payload is invalid.", *reasons)


def no_such_transaction() -> ApiError:
    """404, also while no payment method is chosen on an open page."""
    return ApiError(404, "Transaction doesn't exist.")


def not_changeable() -> ApiError:
    """412 of a change that the transaction's status forbids."""
    return ApiError(412, "Transaction status cannot be updated.")
