"""The public keys of a Supabase project. They are fetched on first use, once for concurrent requests, cached for ten
minutes, and fetched again when a token names an unknown key (a rotation), at most once a minute.

After a failed fetch the last valid keys remain: only a process that never had keys refuses requests.
"""

import asyncio
import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from oneai import log, request_stages
from oneai.errors import Busy

if TYPE_CHECKING:
    from jwt import PyJWK

FRESH_FOR = 600  # seconds; Supabase's Cache-Control, and its recommended wait before switching keys
UNKNOWN_KID_EVERY = 60  # seconds; each invented key id would cost a request to Supabase
FETCH_TIMEOUT = 3
# Seconds until a failed fetch is repeated: long while cached keys are valid, short without keys.
RETRY_WITH_KEYS = 30
RETRY_WITHOUT = 2

# The key's type decides what it may verify, never what a token claims about itself.
ALGORITHMS = {("EC", "P-256"): "ES256", ("RSA", None): "RS256"}


class KeySet:
    """The keys at one JWKS address; created once per process and usable from any event loop."""

    def __init__(self, url: str, apikey: str | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._apikey = apikey
        self._clock = clock
        self._keys: dict[str, PyJWK] = {}
        self._fetched_at: float | None = None
        self._asked = 0
        self._retry_at = float("-inf")
        self._asked_for_unknown_at = float("-inf")
        self._flight: asyncio.Task[None] | None = None

    def __contains__(self, kid: object) -> bool:
        return kid in self._keys

    def __len__(self) -> int:
        return len(self._keys)

    async def find(self, kid: str) -> "PyJWK | None":
        """The key with that id; fetches the key set again if it may be new. Raises Busy if no fetch ever succeeded."""
        before = self._asked
        await self.load()
        if kid not in self._keys and self._asked == before and self._may_be_new():
            await self._refresh()
        return self._keys.get(kid)

    async def load(self) -> None:
        """Fetches the keys if they are older than ten minutes. Raises Busy if there are none."""
        now = self._clock()
        if self._fetched_at is None:
            if now >= self._retry_at or self._in_flight():
                await self._refresh()
            if self._fetched_at is None:
                raise Busy(retry_after=RETRY_WITHOUT)
        elif now - self._fetched_at >= FRESH_FOR and now >= self._retry_at and not self._in_flight():
            await self._refresh()

    def _may_be_new(self) -> bool:
        if self._in_flight():
            return True
        now = self._clock()
        if now - self._asked_for_unknown_at < UNKNOWN_KID_EVERY:
            return False
        self._asked_for_unknown_at = now
        return True

    def _in_flight(self) -> bool:
        # A fetch of another event loop cannot be awaited; that loop may be closed.
        flight = self._flight
        return flight is not None and not flight.done() and flight.get_loop() is asyncio.get_running_loop()

    async def _refresh(self) -> None:
        if self._flight is None or not self._in_flight():
            self._flight = asyncio.get_running_loop().create_task(self._fetch())
        # The request that started the fetch may be cancelled; others still wait for it.
        with request_stages.stage("supabase_auth"):
            await asyncio.shield(self._flight)

    async def _fetch(self) -> None:
        import httpx

        self._asked += 1
        headers = {"apikey": self._apikey} if self._apikey else {}
        try:
            async with asyncio.timeout(FETCH_TIMEOUT), httpx.AsyncClient(timeout=FETCH_TIMEOUT) as client:
                response = await client.get(self._url, headers=headers)
            response.raise_for_status()
            self._keys = _read(response.content)
            self._fetched_at = self._clock()
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
            wait = RETRY_WITHOUT if self._fetched_at is None else RETRY_WITH_KEYS
            self._retry_at = self._clock() + wait
            log.warning("signing keys could not be fetched", reason=type(error).__name__, known_keys=len(self._keys))


def _read(body: bytes) -> "dict[str, PyJWK]":
    """The supported keys; an unreadable key is skipped."""
    from jwt import PyJWK, PyJWTError

    document = json.loads(body)
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise ValueError("not a key set")
    keys = {}
    for key in document["keys"]:
        algorithm = _algorithm(key)
        if algorithm is None:
            continue
        try:
            keys[key["kid"]] = PyJWK(key, algorithm)
        except PyJWTError:
            log.warning("a signing key could not be read", algorithm=algorithm)
    return keys


def _algorithm(key: Any) -> str | None:
    if not isinstance(key, dict) or not isinstance(key.get("kid"), str) or key.get("use", "sig") != "sig":
        return None
    kind, curve = key.get("kty"), key.get("crv")
    algorithm = ALGORITHMS.get((kind, curve)) if isinstance(kind, str) and isinstance(curve, str | None) else None
    return algorithm if key.get("alg", algorithm) == algorithm else None
