"""The client for Stripe: its API over httpx, and the signatures of its webhooks.

Stripe's own library has 35 MB and takes 110 ms to import, so tests alone use it (`tests/clients/stripe`). Requests are
forms with brackets, answers JSON. Every write has an idempotency key, which Stripe keeps for a day: within one call the
client repeats a write whose answer was lost, and Stripe answers with the outcome of the first.
"""

import asyncio
import hashlib
import hmac
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit
from weakref import WeakKeyDictionary

from oneai import log, request_stages, settings
from oneai.billing_errors import PaymentProviderUnavailable, ProviderError
from oneai.clients import secrets_manager

if TYPE_CHECKING:
    import httpx

# The shapes that billing/providers/stripe reads. Stripe sends events in the version of the webhook's endpoint.
API_VERSION = "2026-10-28.endive"

CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
# A server that sends single bytes slowly never exceeds the read timeout.
TOTAL_SECONDS = 15.0
# How often a request is repeated, and how long after the first attempt that may start: API Gateway allows 29 s.
RETRIES = 2
RETRY_WITHIN_SECONDS = 10.0
BACKOFF_SECONDS = 0.4
# Where the stand-in is, whose pages need no certificate.
THIS_MACHINE = ("127.0.0.1", "localhost", "::1")
# How old or how far ahead the time of a webhook's signature may be, by this machine's clock.
TOLERANCE_SECONDS = 300

type JsonObject = dict[str, Any]
type Form = Mapping[str, Any]


class StripeError(ProviderError):
    """Stripe refused. A declined card (402) has the status 400 here, as it is refused again."""

    provider = "Stripe"


@dataclass(frozen=True)
class StripeSettings:
    """The secret key, the secret of the webhook's endpoint, and that of a second one, while an endpoint with a newer
    API version takes over."""

    stripe_secret_key: str = ""
    stripe_webhook_secret: str = ""
    stripe_webhook_secret_previous: str = ""
    stripe_base_url: str = "https://api.stripe.com"


def is_configured() -> bool:
    """Whether both secrets are set."""
    config = settings.read(StripeSettings)
    return bool(config.stripe_secret_key and config.stripe_webhook_secret)


def is_live() -> bool:
    """Whether the key moves money. The mode is in the key (`sk_live_…`, `rk_live_…`)."""
    return "_live_" in settings.read(StripeSettings).stripe_secret_key[:12]


def is_own_page(address: str) -> bool:
    """Whether a payer may be sent to this address: a page of Stripe's, or of the stand-in that takes its place."""
    parts, api = urlsplit(address), urlsplit(settings.read(StripeSettings).stripe_base_url)
    if api.hostname in THIS_MACHINE:
        return (parts.scheme, parts.netloc) == (api.scheme, api.netloc)
    host = parts.hostname or ""
    return parts.scheme == "https" and parts.netloc == host and host.endswith(".stripe.com")


# ---------------------------------------------------------------------------------------------------- signatures


def signature_problem(body: bytes, header: str, now: float | None = None) -> str | None:
    """Why this `Stripe-Signature` over the body's raw bytes is refused, as text for operators; None if it is valid.

    The header has a time and one `v1` for each secret that is valid: two while a secret is rolled. `now` is in seconds.
    """
    config = settings.read(StripeSettings)
    secrets = [each for each in (config.stripe_webhook_secret, config.stripe_webhook_secret_previous) if each]
    if not secrets:
        return "no secret is set"
    if not header:
        return "no signature"
    fields = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in fields if name == "t"]
    signatures = [value for name, _, value in fields if name == "v1"]
    if len(times) != 1 or not (times[0].isascii() and times[0].isdigit() and len(times[0]) <= 12):
        return "a signature without a time"
    # Every pair is compared, so that the time it takes says nothing of the secrets.
    matches = [_signs(secret, times[0], body, each) for secret in secrets for each in signatures]
    if not any(matches):
        return "another secret"
    age = (time.time() if now is None else now) - int(times[0])
    if abs(age) > TOLERANCE_SECONDS:
        return "a signature of another time"
    return None


def sign(secret: str, at: int, body: bytes) -> str:
    """The `v1` over `<at>.<body>`, in hexadecimal."""
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def _signs(secret: str, at: str, body: bytes, signature: str) -> bool:
    return hmac.compare_digest(sign(secret, int(at), body).encode(), signature.encode(errors="replace"))


# ---------------------------------------------------------------------------------------------------- requests


async def get(path: str, params: Form | None = None) -> JsonObject:
    """Reads `/v1{path}`. Raises ProviderError, and PaymentProviderUnavailable if no response arrives in time."""
    return await _request("GET", path, params or {}, None)


async def post(path: str, form: Form, *, idempotency_key: str) -> JsonObject:
    """Posts to `/v1{path}`. The same key and form within a day have one effect and the same answer.

    Raises as `get` does; after PaymentProviderUnavailable the outcome is unknown. Another form under the same key is
    refused with the type `idempotency_error`.
    """
    return await _request("POST", path, form, idempotency_key)


async def delete(path: str, form: Form | None = None, *, idempotency_key: str) -> JsonObject:
    """Deletes `/v1{path}`, as `post` does."""
    return await _request("DELETE", path, form or {}, idempotency_key)


def encode(form: Form) -> str:
    """A form with brackets: `{"items": [{"price": "p"}]}` is `items[0][price]=p`. None unsets a field."""
    return urlencode(list(_pairs(form)))


def _pairs(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _pairs(each, f"{name}[{key}]" if name else str(key))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for index, each in enumerate(value):
            yield from _pairs(each, f"{name}[{index}]")
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    else:
        yield name, "" if value is None else str(value)


async def _request(method: str, path: str, form: Form, key: str | None) -> JsonObject:
    started, retries_left, may_refresh = time.monotonic(), RETRIES, True
    while True:
        try:
            with request_stages.stage("payment_provider"):
                async with asyncio.timeout(TOTAL_SECONDS):
                    return await _once(method, path, encode(form), key)
        except ProviderError as error:
            # A 401 has no effect at Stripe, so any request may be repeated with a new key.
            if error.status != 401 or not may_refresh or not await asyncio.to_thread(secrets_manager.refresh):
                raise
            may_refresh = False
        except (_NoResponse, TimeoutError) as error:
            late = time.monotonic() - started > RETRY_WITHIN_SECONDS
            final = isinstance(error, _NoResponse) and error.final
            if not retries_left or late or final:
                log.warning("Stripe gave no answer", method=method, kind=str(error) or type(error).__name__)
                raise PaymentProviderUnavailable(retry_after=5) from error
            backoff = BACKOFF_SECONDS * 2 ** (RETRIES - retries_left) * random.uniform(0.5, 1.5)  # noqa: S311
            retries_left -= 1
            await asyncio.sleep(backoff)


class _NoResponse(Exception):
    """The outcome is unknown: a broken connection, 409, 429, 5xx, or a body that is not a JSON object. `final`: Stripe
    says that a repetition would get the same answer."""

    def __init__(self, kind: str, *, final: bool = False) -> None:
        super().__init__(kind)
        self.final = final


async def _once(method: str, path: str, content: str, key: str | None) -> JsonObject:
    import httpx

    config = settings.read(StripeSettings)
    headers = {"authorization": f"Bearer {config.stripe_secret_key}", "stripe-version": API_VERSION}
    if key is not None:
        headers["idempotency-key"] = key
    url = f"{config.stripe_base_url.rstrip('/')}/v1{path}"
    if method == "GET":
        url, body = f"{url}?{content}" if content else url, None
    else:
        headers["content-type"] = "application/x-www-form-urlencoded"
        body = content.encode()
    try:
        response = await _client().request(method, url, content=body, headers=headers)
    except httpx.HTTPError as error:
        # Its text may have the address with what was asked.
        raise _NoResponse(type(error).__name__) from None
    return _answer(response)


_clients: "WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient]" = WeakKeyDictionary()


def _client() -> "httpx.AsyncClient":
    """The client of this loop, created on the first request, after the SnapStart snapshot."""
    import httpx

    loop = asyncio.get_running_loop()
    client = _clients.get(loop)
    if client is None:
        timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
        client = _clients[loop] = httpx.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=False)
    return client


async def close() -> None:
    """Closes the connections of this loop."""
    client = _clients.pop(asyncio.get_running_loop(), None)
    if client is not None:
        await client.aclose()


def _answer(response: "httpx.Response") -> JsonObject:
    """The object in a usable response. Raises ProviderError and _NoResponse."""
    status = response.status_code
    try:
        found = response.json()
    except (ValueError, RecursionError):
        found = None
    body: JsonObject = found if isinstance(found, dict) else {}
    advice = response.headers.get("stripe-should-retry")
    if status in (409, 429) or status >= 500 or advice == "true":
        # A key that is in use says nothing of the first request's outcome.
        raise _NoResponse(f"HTTP {status}", final=advice == "false")
    if status < 300:
        if not body:
            raise _NoResponse("no JSON")
        return body
    error = body.get("error")
    raise _refusal(status, error if isinstance(error, dict) else {})


def _refusal(status: int, error: JsonObject) -> StripeError:
    """The refusal in our words. Stripe's message for a wrong key quotes a part of it, so that one is left out."""
    code, kind, param = (_text(error.get(name)) for name in ("code", "type", "param"))
    reason = _text(error.get("decline_code"))
    description = None if status == 401 else _text(error.get("message"))
    return StripeError(400 if status == 402 else status, code or kind, param, reason, description)


def _text(value: object) -> str | None:
    return value[:300] if isinstance(value, str) and value else None
