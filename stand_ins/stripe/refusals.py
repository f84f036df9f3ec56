"""Stripe's error responses."""

from typing import Any

DOCS = "https://docs.stripe.com/error-codes/"


class ApiError(Exception):
    """An error response: its status and its body."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        error: dict[str, Any] = {"message": message, "type": kind}
        if code is not None:
            error |= {"code": code, "doc_url": DOCS + code.replace("_", "-")}
        if param is not None:
            error["param"] = param
        self.error = {**error, **{name: value for name, value in more.items() if value is not None}}
        self.body = {"error": self.error}

    @property
    def begun(self) -> bool:
        """Whether the request's execution began, so that its answer is kept under its idempotency key."""
        return self.status == 402


def no_such(kind: str, entity_id: str, param: str = "id") -> ApiError:
    """There is no object with this id."""
    return ApiError(f"No such {kind}: '{entity_id}'", status=404, code="resource_missing", param=param)


def missing(param: str) -> ApiError:
    """A required parameter is missing."""
    return ApiError(f"Missing required param: {param}.", code="parameter_missing", param=param)


def unknown(param: str) -> ApiError:
    """A parameter that the endpoint does not have."""
    return ApiError(f"Received unknown parameter: {param}", code="parameter_unknown", param=param)


def invalid(param: str, message: str, code: str | None = None) -> ApiError:
    """A value that is not accepted."""
    return ApiError(message, code=code, param=param)


def bad_key(key: str) -> ApiError:
    """The API key is wrong; the message shows the end of it, as Stripe's does."""
    return ApiError(f"Invalid API Key provided: {key[:8]}****{key[-4:]}", status=401)


def card_error(code: str, message: str, decline_code: str | None = None, **more: Any) -> ApiError:
    """The card was declined."""
    return ApiError(message, status=402, kind="card_error", code=code, decline_code=decline_code, **more)
