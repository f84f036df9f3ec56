"""The client for Midtrans: Snap's payment pages, the status of transactions, and refunds.

Midtrans' own library has no timeout and hides why a request was refused, so this is httpx. Amounts are whole rupiah
here; Midtrans sends them with two decimals. The Core API answers most errors with HTTP 200 and a `status_code` in the
body, Snap with an HTTP status: both are read. Only reads are retried; an order_id is charged once at Midtrans, and a
refund_key refunds once.
"""

import asyncio
import hashlib
import hmac
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import quote, urlsplit
from weakref import WeakKeyDictionary

from oneai import log, request_stages, settings
from oneai.billing_errors import PaymentProviderUnavailable, ProviderError
from oneai.clients import secrets_manager

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
TOTAL_SECONDS = 15.0
# Retries of reads, and how long after the first attempt they may start: API Gateway allows 29 s.
READ_RETRIES = 2
RETRY_WITHIN_SECONDS = 10.0
BACKOFF_SECONDS = 0.4
# Of an answer: a status is one or two kilobytes.
MAX_BODY_BYTES = 256 * 1024

# A transaction's `status_code`: paid, waiting, denied (or over, in practice), over.
MIRRORED = (200, 201, 202, 407)
THIS_MACHINE = ("127.0.0.1", "localhost", "::1")
# The largest amount of any request, in rupiah.
AMOUNT_MAX = 10**12

type JsonObject = dict[str, Any]

_clients: "WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient]" = WeakKeyDictionary()


@dataclass(frozen=True)
class MidtransSettings:
    """The server key, and the address of the Core API. Without a key, Midtrans does not exist here.

    `midtrans_notification_key` signs notifications where the dashboard shows a separate key.
    """

    midtrans_server_key: str = ""
    midtrans_notification_key: str = ""
    midtrans_base_url: str = "https://api.midtrans.com"


class MidtransError(ProviderError):
    """Midtrans refused. `status` is its `status_code`, or the HTTP status; 401 is an unknown server key."""

    provider = "Midtrans"

    def __init__(self, status: int, reasons: tuple[str, ...] = ()) -> None:
        super().__init__(status, description="; ".join(reasons) or None)
        self.reasons = reasons


class SnapPage(NamedTuple):
    """A payment page: its token, and the address that the payer is sent to."""

    token: str
    redirect_url: str


def is_configured() -> bool:
    """Whether there is a server key."""
    return bool(settings.read(MidtransSettings).midtrans_server_key)


async def create_transaction(body: Mapping[str, Any]) -> SnapPage:
    """Opens Snap's payment page for one `order_id`, once: after PaymentProviderUnavailable the outcome is unknown.

    Raises MidtransError (400 for an order_id that is in use), and PaymentProviderUnavailable.
    """
    answer = await _request("POST", f"{_snap_url()}/transactions", dict(body))
    token, address = answer.get("token"), answer.get("redirect_url")
    if not isinstance(token, str) or not isinstance(address, str) or not is_own_page(address):
        raise MidtransError(502, ("The payment page has no address at Midtrans.",))
    return SnapPage(token, address)


async def read_status(id: str) -> JsonObject | None:
    """The transaction of an order_id or a transaction_id; None if there is none, as before a payment method is chosen.

    Raises MidtransError, and PaymentProviderUnavailable if no answer arrives in time.
    """
    try:
        return await _request("GET", f"{_core_url()}/v2/{quote(id, safe='')}/status")
    except MidtransError as error:
        if error.status == 404:
            return None
        raise


async def act(id: str, action: Literal["expire", "cancel", "approve", "deny"]) -> JsonObject:
    """Changes a transaction that is not settled. Raises MidtransError (404 for none, 412 if its status forbids it), and
    PaymentProviderUnavailable, after which the outcome is unknown."""
    return await _request("POST", f"{_core_url()}/v2/{quote(id, safe='')}/{action}", {})


async def refund(id: str, *, key: str, amount: int, reason: str, direct: bool = False) -> JsonObject:
    """Refunds rupiah of a settled transaction, once for each `key`. `direct`: at the payment method's issuer, at once.

    Raises MidtransError (412 and 414 if it is not possible, or not any more), and PaymentProviderUnavailable, after
    which the same key can be sent again.
    """
    path = "refund/online/direct" if direct else "refund"
    body = {"refund_key": key, "amount": amount, "reason": reason}
    return await _request("POST", f"{_core_url()}/v2/{quote(id, safe='')}/{path}", body)


def rupiah(value: object) -> int:
    """An amount as Midtrans sends it, in whole rupiah: `"99000.00"`, `"99000"` and 99000 alike.

    Raises ValueError for parts of a rupiah, a negative amount, and anything that is no amount.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("an amount that is no number")
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        raise ValueError("an amount that is no number") from None
    if not amount.is_finite() or not 0 <= amount <= AMOUNT_MAX or amount != amount.to_integral_value():
        raise ValueError("an amount that is not in whole rupiah")
    return int(amount)


def is_signed(order_id: str, status_code: str, gross_amount: str, signature: str) -> bool:
    """Whether a notification's `signature_key` is SHA-512 of these texts and our key, compared in constant time.

    It covers no status, so it proves only that Midtrans has sent something about this order once.
    """
    config = settings.read(MidtransSettings)
    key = config.midtrans_notification_key or config.midtrans_server_key
    if not key or not signature:
        return False
    signed = f"{order_id}{status_code}{gross_amount}{key}".encode(errors="replace")
    expected = hashlib.sha512(signed).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode(errors="replace"))


def is_own_page(address: str) -> bool:
    """Whether a payer may be sent to this address: a page of Snap, at the host that this environment uses."""
    parts, snap = urlsplit(address), urlsplit(_snap_url())
    secure = parts.scheme == "https" or snap.hostname in THIS_MACHINE
    return secure and parts.username is None and (parts.hostname, parts.port) == (snap.hostname, snap.port)


async def close() -> None:
    """Closes the connections of the running loop; the next call opens new ones."""
    client = _clients.pop(asyncio.get_running_loop(), None)
    if client is not None:
        await client.aclose()


def _core_url() -> str:
    return settings.read(MidtransSettings).midtrans_base_url.rstrip("/")


def _snap_url() -> str:
    """Snap has a host of its own at Midtrans; a stand-in has one address for both."""
    core = _core_url()
    own_host = (urlsplit(core).hostname or "").endswith("midtrans.com")
    return (core.replace("://api.", "://app.", 1) if own_host else core) + "/snap/v1"


async def _request(method: str, url: str, body: JsonObject | None = None) -> JsonObject:
    started, retries_left = time.monotonic(), READ_RETRIES if method == "GET" else 0
    may_refresh = True
    while True:
        try:
            with request_stages.stage("payment_provider"):
                async with asyncio.timeout(TOTAL_SECONDS):
                    return await _once(method, url, body)
        except MidtransError as error:
            # A 401 has no effect at Midtrans, so any method may be retried with a new key.
            if error.status != 401 or not may_refresh or not await asyncio.to_thread(secrets_manager.refresh):
                raise
            may_refresh = False
        except (_NoAnswer, TimeoutError) as error:
            late = time.monotonic() - started > RETRY_WITHIN_SECONDS
            if not retries_left or late:
                log.warning("Midtrans gave no answer", method=method, kind=str(error) or type(error).__name__)
                raise PaymentProviderUnavailable(retry_after=5) from None
            backoff = BACKOFF_SECONDS * 2 ** (READ_RETRIES - retries_left) * random.uniform(0.5, 1.5)  # noqa: S311
            retries_left -= 1
            await asyncio.sleep(backoff)


class _NoAnswer(Exception):
    """The outcome is unknown: a broken connection, a timeout, 429, 5xx, or a body that is not a JSON object."""


async def _once(method: str, url: str, body: JsonObject | None) -> JsonObject:
    import httpx

    key = settings.read(MidtransSettings).midtrans_server_key
    try:
        response = await _client().request(
            method, url, json=body, auth=httpx.BasicAuth(key, ""), headers={"accept": "application/json"}
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _NoAnswer(type(error).__name__) from None
    return _checked(response)


def _client() -> "httpx.AsyncClient":
    loop = asyncio.get_running_loop()
    client = _clients.get(loop)
    if client is None:
        import httpx

        client = _clients[loop] = httpx.AsyncClient(
            timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            limits=httpx.Limits(keepalive_expiry=55),
            follow_redirects=False,
            # A proxy of the environment is not for a stand-in on this machine.
            mounts={"all://127.0.0.1": None, "all://localhost": None},
        )
    return client


def _checked(response: "httpx.Response") -> JsonObject:
    """The answer's object, with the `status_code` of a transaction. Raises _NoAnswer and MidtransError."""
    status = response.status_code
    try:
        answer = response.json() if len(response.content) <= MAX_BODY_BYTES else None
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        if status >= 400 and status < 500 and status != 429:
            raise MidtransError(status)
        raise _NoAnswer(f"HTTP {status}" if status >= 300 else "no JSON object")
    said = answer.get("status_code")
    code = int(said) if isinstance(said, str) and said.isascii() and said.isdigit() and len(said) == 3 else status
    if status == 429 or status >= 500 or code == 429 or code >= 500:
        raise _NoAnswer(f"status {code}")
    # A transaction mirrors its own state in `status_code`: one that is denied or over is an answer too.
    if status < 300 and code in MIRRORED and isinstance(answer.get("transaction_status"), str):
        return answer
    if status >= 300 or code >= 300:
        raise MidtransError(code if code >= 300 else status, _reasons(answer))
    return answer


def _reasons(answer: JsonObject) -> tuple[str, ...]:
    """Why it refused, in Midtrans' words."""
    for name in ("validation_messages", "error_messages"):
        if isinstance(answer.get(name), list):
            return tuple(str(each)[:300] for each in answer[name][:5])
    message = answer.get("status_message")
    return (message[:300],) if isinstance(message, str) else ()
