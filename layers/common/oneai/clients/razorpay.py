"""The client for Razorpay: its API over its SDK, and its signatures.

The SDK has certificates of 2015, no timeout, retries that charge twice, and errors that contain only a sentence. Here
it gets the system's certificates and timeouts, only reads are retried, and errors have status, code and field. It is
imported on the first call, after the SnapStart snapshot. It blocks, so every call runs in a thread. Verifying
signatures does not need it.
"""

import asyncio
import hashlib
import hmac
import json
import random
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import urlsplit

from oneai import billing_errors, log, request_stages, settings
from oneai.billing_errors import PaymentProviderUnavailable
from oneai.clients import secrets_manager

if TYPE_CHECKING:
    from requests import PreparedRequest, Response

CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
# A server that sends single bytes slowly never exceeds the read timeout.
TOTAL_SECONDS = 15.0
# Retries of reads, and how long after the first attempt they may start: API Gateway allows 29 s.
READ_RETRIES = 2
RETRY_WITHIN_SECONDS = 10.0
BACKOFF_SECONDS = 0.4
# Razorpay resends events for a day, signed with the secret that was valid when they happened.
PREVIOUS_SECRET_LIVES = timedelta(hours=24)

THIS_MACHINE = ("127.0.0.1", "localhost", "::1")

type JsonObject = dict[str, Any]


@dataclass(frozen=True)
class RazorpaySettings:
    """The API key, the webhook secrets, and when (ISO 8601) the previous webhook secret was rotated out."""

    razorpay_key_id: str = ""
    razorpay_key_secret: str = ""
    razorpay_base_url: str = "https://api.razorpay.com"
    razorpay_webhook_secret: str = ""
    razorpay_webhook_secret_previous: str = ""
    razorpay_webhook_secret_rotated_at: str = ""


class ProviderError(billing_errors.ProviderError):
    """Razorpay refused."""

    provider = "Razorpay"


def order_page(order_id: str) -> str | None:
    """The page where an order is paid. Razorpay has none, and returns None; a stand-in on this machine has one."""
    base = settings.read(RazorpaySettings).razorpay_base_url.rstrip("/")
    return f"{base}/o/{order_id}" if urlsplit(base).hostname in THIS_MACHINE else None


def matching_secret(body: bytes, signature: str) -> Literal["current", "previous"] | None:
    """The webhook secret that made this `X-Razorpay-Signature` over the body's raw bytes; None if neither did.

    The previous one is accepted unless `previous_secret_problem` returns a reason at the current time.
    """
    secrets = settings.read(RazorpaySettings)
    if _signs(secrets.razorpay_webhook_secret, body, signature):
        return "current"
    return "previous" if _signs(secrets.razorpay_webhook_secret_previous, body, signature) else None


def previous_secret_problem(now: datetime) -> str | None:
    """Why the previous webhook secret is not accepted at `now`, as text for operators; None if it is accepted."""
    rotated_at = settings.read(RazorpaySettings).razorpay_webhook_secret_rotated_at
    if not rotated_at:
        return "previous secret, RAZORPAY_WEBHOOK_SECRET_ROTATED_AT is not set"
    try:
        since = datetime.fromisoformat(rotated_at)
    except ValueError:
        return "previous secret, RAZORPAY_WEBHOOK_SECRET_ROTATED_AT is not a time"
    since = since if since.tzinfo else since.replace(tzinfo=UTC)
    if now < since:
        return "previous secret, RAZORPAY_WEBHOOK_SECRET_ROTATED_AT is in the future"
    return None if now - since < PREVIOUS_SECRET_LIVES else "previous secret, too late"


def unsigned_reason(signature: str) -> str:
    """Why a webhook's signature matches no secret, as text for operators."""
    if not settings.read(RazorpaySettings).razorpay_webhook_secret:
        return "no secret is set"
    return "another secret" if signature else "no signature"


def verify_checkout(payment_ref: str, subscription_ref: str, signature: str) -> bool:
    """Whether Razorpay's checkout signed this payment for this subscription, which must be the stored one."""
    message = f"{payment_ref}|{subscription_ref}".encode(errors="replace")
    return _signs(settings.read(RazorpaySettings).razorpay_key_secret, message, signature)


def verify_order(payment_ref: str, order_ref: str, signature: str) -> bool:
    """Whether Razorpay's checkout signed this payment for this order, which must be the stored one."""
    return verify_checkout(order_ref, payment_ref, signature)


def _signs(secret: str, message: bytes, signature: str) -> bool:
    if not secret or not signature:
        return False
    expected = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode(errors="replace"))


def key_id() -> str:
    """The public half of the API key, which the checkout page needs; empty if not configured."""
    return settings.read(RazorpaySettings).razorpay_key_id


async def get(path: str, params: Mapping[str, str | int] | None = None) -> JsonObject:
    """Reads `/v1{path}`; retried when Razorpay is unreachable or answers 429.

    Raises ProviderError, and PaymentProviderUnavailable if no response arrives in time.
    """
    return await _request("get", path, dict(params or {}), {})


async def post(path: str, body: Mapping[str, Any], *, idempotency_key: str | None = None) -> JsonObject:
    """Posts to `/v1{path}`, once: after PaymentProviderUnavailable the outcome is unknown.

    Refunds accept an `idempotency_key` of ten characters or more. Raises as `get` does.
    """
    headers = {"X-Refund-Idempotency": idempotency_key} if idempotency_key else {}
    return await _request("post", path, dict(body), headers)


async def patch(path: str, body: Mapping[str, Any]) -> JsonObject:
    """Patches `/v1{path}`, as `post` does."""
    return await _request("patch", path, dict(body), {})


async def delete(path: str) -> JsonObject:
    """Deletes `/v1{path}`, as `post` does; without content the answer is empty."""
    return await _request("delete", path, {}, {})


async def _request(method: str, path: str, content: dict[str, Any], headers: dict[str, str]) -> JsonObject:
    started, retries_left = time.monotonic(), READ_RETRIES if method == "get" else 0
    may_refresh = True
    while True:
        try:
            with request_stages.stage("payment_provider"):
                async with asyncio.timeout(TOTAL_SECONDS):
                    return await asyncio.to_thread(_once, method, path, content, headers)
        except ProviderError as error:
            # A 401 has no effect at Razorpay, so any method may be retried with a new key.
            if error.status != 401 or not may_refresh or not await asyncio.to_thread(secrets_manager.refresh):
                raise
            may_refresh = False
        except (_NoResponse, TimeoutError) as error:
            late = time.monotonic() - started > RETRY_WITHIN_SECONDS
            if not retries_left or late:
                log.warning("Razorpay gave no answer", method=method, kind=str(error) or type(error).__name__)
                raise PaymentProviderUnavailable(retry_after=5) from error
            backoff = BACKOFF_SECONDS * 2 ** (READ_RETRIES - retries_left) * random.uniform(0.5, 1.5)  # noqa: S311
            retries_left -= 1
            await asyncio.sleep(backoff)


class _NoResponse(Exception):
    """The outcome is unknown: a broken connection, a timeout, 429, 5xx, or a body that is not a JSON object."""


class _CachedClient(NamedTuple):
    settings: RazorpaySettings
    client: Any


_cached: _CachedClient | None = None


def reset_cache() -> None:
    """Drops the cached client: the next call creates one from the current settings."""
    global _cached
    _cached = None


def _once(method: str, path: str, content: dict[str, Any], headers: dict[str, str]) -> JsonObject:
    ask = getattr(_client(), method)
    answer = ask(
        f"/v1{path}",
        content,
        headers=headers,
        timeout=(CONNECT_SECONDS, READ_SECONDS),
        allow_redirects=False,
    )
    # For 204 the SDK returns the text of an empty object.
    return answer if isinstance(answer, dict) else {}


def _client() -> Any:
    """The cached SDK client, recreated when the settings change. Blocks; thread-safe."""
    global _cached
    config = settings.read(RazorpaySettings)
    if _cached is None or _cached.settings != config:
        _cached = _CachedClient(config, _make(config))
    return _cached.client


def _make(config: RazorpaySettings) -> Any:
    import certifi
    import razorpay
    from requests import RequestException, Session
    from requests.adapters import HTTPAdapter

    class Wire(HTTPAdapter):
        """Checks responses before the SDK, which prints a body that it cannot parse and drops other details."""

        def send(self, request: "PreparedRequest", *args: Any, **options: Any) -> "Response":
            try:
                response = super().send(request, *args, **options)
                body = response.content
            except RequestException as error:
                raise _NoResponse(type(error).__name__) from error
            _check_response(response.status_code, body)
            return response

    session = Session()
    session.mount("https://", Wire())
    session.mount("http://", Wire())
    client = razorpay.Client(
        session=session,
        auth=(config.razorpay_key_id, config.razorpay_key_secret),
        base_url=config.razorpay_base_url.rstrip("/"),
    )
    paths = ssl.get_default_verify_paths()
    client.cert_path = paths.cafile or paths.capath or certifi.where()
    return client


def _check_response(status: int, body: bytes) -> None:
    """Raises unless the response is usable."""
    if status == 429 or status >= 500:
        raise _NoResponse(f"HTTP {status}")
    if status == 204:
        return
    try:
        body_json = json.loads(body)
    except (ValueError, RecursionError):
        body_json = None
    if status < 300:
        if not isinstance(body_json, dict):
            raise _NoResponse("no JSON")
        return
    error = body_json.get("error") if isinstance(body_json, dict) else None
    fields = error if isinstance(error, dict) else {}
    raise ProviderError(status, *(_text(fields.get(name)) for name in ("code", "field", "reason", "description")))


def _text(value: object) -> str | None:
    """The text; Razorpay uses `NA` for an empty one."""
    return value[:300] if isinstance(value, str) and value not in ("", "NA") else None
