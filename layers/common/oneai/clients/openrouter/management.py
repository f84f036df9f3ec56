"""OpenRouter's keys API, which makes, lists and disables keys, and what a key says about itself.

Only a management key may use it, which is on an operator's machine and nowhere else. It cannot ask models.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from oneai.clients.http import ConnectionLost, ReadTimedOut
from oneai.clients.model_streams.numbers import parse_money
from oneai.clients.openrouter import connection, failures
from oneai.errors import NotFound, UpstreamError, UpstreamTimeout, UpstreamUnavailable
from oneai.models import KeySpend

if TYPE_CHECKING:
    import httpx

SECONDS = 20.0
MAX_PAGES = 100

type Json = dict[str, Any]

# What a new key takes over from the one that it replaces.
LIMITS = ("limit", "limit_reset", "include_byok_in_limit")


class ManagementKeyRefused(UpstreamUnavailable):
    """OpenRouter does not accept the management key, or it is an ordinary one."""

    sentence = "OpenRouter does not accept this management key."


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """A key as the keys API shows it. `hash` names it there; `label` is the key with its middle left out."""

    hash: str
    name: str
    label: str
    disabled: bool
    limits: Json

    def is_of(self, key: str) -> bool:
        """Whether the label is of this key."""
        beginning, dots, end = self.label.partition("...")
        return bool(dots and beginning and end) and key.startswith(beginning) and key.endswith(end)


async def list_keys(management_key: str) -> list[KeyInfo]:
    """All keys of the account, disabled ones included."""
    listed: list[KeyInfo] = []
    for _ in range(MAX_PAGES):
        page = (await _manage("GET", "/keys", management_key, offset=str(len(listed)))).get("data")
        if not isinstance(page, list) or not page:
            break
        listed += [_key_info(entry) for entry in page if isinstance(entry, dict)]
    return listed


async def create_key(management_key: str, name: str, limits: Json) -> tuple[KeyInfo, str]:
    """Creates a key with these limits; the key itself is shown this once."""
    body = await _manage("POST", "/keys", management_key, {"name": name, **limits})
    # At the top level, beside `data`; the vendor's guide on rotation reads it from within.
    key, entry = body.get("key"), body.get("data")
    if not isinstance(key, str) or not key or not isinstance(entry, dict):
        raise UpstreamError("OpenRouter's answer has no key in it.")
    return _key_info(entry), key


async def disable_key(management_key: str, key_hash: str) -> None:
    """Makes OpenRouter refuse the key from now on. Raises NotFound."""
    await _manage("PATCH", f"/keys/{key_hash}", management_key, {"disabled": True})


async def delete_key(management_key: str, key_hash: str) -> None:
    """Deletes the key permanently. Raises NotFound."""
    await _manage("DELETE", f"/keys/{key_hash}", management_key)


async def fetch_spend(key: str) -> KeySpend:
    """What an ordinary key has spent, as OpenRouter tells its holder. Raises KeyRefused."""
    response = await _send("GET", "/key", key)
    if response.status_code != 200:
        raise failures.from_response(response.status_code, response.content, response.headers).error
    data = _parse(response).get("data")
    record = data if isinstance(data, dict) else {}
    usage = parse_money(record.get("usage"))
    if usage is None:
        raise UpstreamError("OpenRouter's answer does not say what the key has spent.")
    return KeySpend(_text(record, "label"), int(usage * 1_000_000))


async def _manage(method: str, path: str, management_key: str, body: Json | None = None, **query: str) -> Json:
    response = await _send(method, path, management_key, body, **query)
    if response.status_code in (401, 403):
        raise ManagementKeyRefused
    if response.status_code == 404:
        raise NotFound("OpenRouter does not know this key.")
    if not response.is_success:
        raise failures.from_response(response.status_code, response.content, response.headers).error
    return _parse(response)


async def _send(method: str, path: str, key: str, body: Json | None = None, **query: str) -> "httpx.Response":
    try:
        return await connection.request(method, path, key, seconds=SECONDS, query=query, body=body)
    except ReadTimedOut as error:
        raise UpstreamTimeout from error
    except ConnectionLost as error:
        raise UpstreamUnavailable from error


def _parse(response: "httpx.Response") -> Json:
    try:
        parsed = response.json(parse_float=Decimal)
    except ValueError:
        parsed = None
    return parsed if isinstance(parsed, dict) else {}


def _key_info(entry: Json) -> KeyInfo:
    return KeyInfo(
        hash=_text(entry, "hash"),
        name=_text(entry, "name"),
        label=_text(entry, "label"),
        disabled=entry.get("disabled") is True,
        limits={name: _plain(entry[name]) for name in LIMITS if entry.get(name) is not None},
    )


def _plain(value: object) -> object:
    """A number as `json` writes it again; limits are whole dollars or cents."""
    return float(value) if isinstance(value, Decimal) else value


def _text(entry: Json, name: str) -> str:
    value = entry.get(name)
    return value if isinstance(value, str) else ""
