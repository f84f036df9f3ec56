"""Asks, reads streams, queries rows and moves the clock of a stack, for tests."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString, Self
from uuid import UUID, uuid4

import httpx
import psycopg
from starlette.applications import Starlette

from local import postgres
from stand_ins import midtrans, razorpay, stripe, supabase_auth
from stand_ins.supabase_auth.signer import Signer
from tests.patience import PATIENCE, until


class Database:
    """A database of one test; `rows` reads as superuser."""

    def __init__(self, server: postgres.Server, name: str) -> None:
        self.server, self.name = server, name
        self._connection: psycopg.Connection[Any] | None = None

    def url(self, role: str) -> str:
        """The URL of the database for `role`."""
        return self.server.url(self.name, role)

    @property
    def connection(self) -> psycopg.Connection[Any]:
        """A connection as superuser, opened on first use."""
        if self._connection is None:
            self._connection = psycopg.connect(self.url("postgres"), autocommit=True)
        return self._connection

    def rows(self, query: LiteralString, *params: Any) -> list[Any]:
        """Rows as tuples; a single column as plain values."""
        cursor = self.connection.execute(query, params)
        if cursor.description is None:
            return []
        rows = cursor.fetchall()
        return [row[0] for row in rows] if len(cursor.description) == 1 else rows

    def one(self, query: LiteralString, *params: Any) -> Any:
        """The only row."""
        (row,) = self.rows(query, *params)
        return row

    def user(self, email: str) -> UUID:
        """Signs a user up without Supabase Auth; their id."""
        user = uuid4()
        self.rows(
            "insert into auth.users (id, aud, role, email, email_confirmed_at) "
            "values (%s, 'authenticated', 'authenticated', %s, now())",
            user,
            email,
        )
        return user

    def advance(self, seconds: float) -> None:
        """Moves the database's clock."""
        self.rows("update local.clock set ahead = ahead + make_interval(secs => %s)", seconds)

    def close(self) -> None:
        """Closes the connection."""
        if self._connection is not None:
            self._connection.close()


def join(database: Database, folder: Path, address: str) -> Starlette:
    """The stand-in for Supabase Auth over this database."""
    return supabase_auth.create(database.url("supabase_auth_admin"), folder, address)


@dataclass
class StreamResult:
    """The part of a stream that a client received."""

    status: int
    headers: httpx.Headers
    events: list[tuple[str, dict[str, Any], int | None]] = field(default_factory=list)
    comments: int = 0
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """All deltas."""
        return "".join(data["text"] for name, data, _ in self.events if name == "delta")

    @property
    def reasoning(self) -> str:
        """All reasoning."""
        return "".join(data["text"] for name, data, _ in self.events if name == "reasoning")

    @property
    def names(self) -> list[str]:
        """Names of the events; consecutive repeats count once."""
        names = [name for name, _, _ in self.events]
        return [name for at, name in enumerate(names) if at == 0 or names[at - 1] != name]

    @property
    def start(self) -> dict[str, Any]:
        """The first event."""
        name, data, _ = self.events[0]
        assert name == "start", self.events
        return data

    @property
    def last(self) -> dict[str, Any]:
        """The last event, `done` or `error`."""
        return self.events[-1][1]

    def of(self, message_id: str) -> "StreamResult":
        """One of several answers streamed side by side."""
        own = [event for event in self.events if event[1].get("message_id") == message_id]
        return StreamResult(self.status, self.headers, own)

    @property
    def code(self) -> str:
        """The error's code, of a refusal or of an `error` event."""
        return str((self.body or self.last)["error"]["code"])


class World:
    """One test's stack, and what people do in it."""

    midtrans: midtrans.Simulator
    """As `razorpay`, for payments in rupiah."""
    stripe: stripe.Simulator
    """As `razorpay`. It takes payments once a test says `sold_at_stripe` (tests/billing/stripe/users.py)."""

    def __init__(
        self, address: str, upstream: str, database: Database, signer: Signer, simulator: razorpay.Simulator
    ) -> None:
        self.address, self.upstream, self.database, self.signer = address, upstream, database, signer
        self.razorpay = simulator
        """The stand-in. It delivers webhooks only when a test says `await world.razorpay.catch_up()`."""
        self.people = {name: database.user(f"{name}@example.com") for name in ("asha", "ravi")}
        self.http = httpx.AsyncClient(base_url=f"{address}/api", timeout=PATIENCE)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    def newcomer(self) -> str:
        """Signs a new user up; their name."""
        name = f"person-{len(self.people)}"
        self.people[name] = self.database.user(f"{name}@example.com")
        return name

    def headers(self, who: str | None = "asha", **more: str) -> dict[str, str]:
        """The headers of `who`; None: anonymous."""
        if who is None:
            return more
        token = self.signer.token(self.people[who], f"{who}@example.com")
        return {"authorization": f"Bearer {token}", **more}

    async def get(self, path: str, who: str | None = "asha", **params: Any) -> httpx.Response:
        """`GET /api…` as `who`."""
        return await self.http.get(path, headers=self.headers(who), params=params)

    async def post(self, path: str, body: Any, who: str | None = "asha") -> httpx.Response:
        """`POST /api…` as `who`."""
        return await self.http.post(path, json=body, headers=self.headers(who))

    async def check_out(
        self, short_url: str, *, outcome: str = "ok", method: str = "card", instrument: str = ""
    ) -> dict[str, str]:
        """Pays on the stand-in's page, as a browser does; what the checkout then hands to the frontend.

        Nothing is handed over where the payment failed. See `filled_in` for the fields of its form.
        """
        async with httpx.AsyncClient(timeout=PATIENCE) as browser:
            seen = await browser.get(short_url)
            sent = filled_in(seen.text, method=method, instrument=instrument, outcome=outcome)
            after = await browser.post(short_url, data=sent)
        assert after.status_code == 200, after.text
        return dict(re.findall(r'name="(razorpay_\w+)" value="([^"]*)"', after.text))

    async def ask(self, message: str | None = "Hello", who: str | None = "asha", **fields: Any) -> StreamResult:
        """Asks and reads the stream to its end; without a message to regenerate an answer."""
        async with self.asking(message, who, **fields) as stream:
            return await stream.to_the_end()

    @asynccontextmanager
    async def asking(
        self, message: str | None = "Hello", who: str | None = "asha", **fields: Any
    ) -> "AsyncIterator[OpenStream]":
        """Asks and yields the stream while it is open."""
        headers = self.headers(who, **fields.pop("headers", {}))
        body = fields if message is None else {"message": message, **fields}
        async with self.http.stream("POST", "/chat/stream", json=body, headers=headers) as response:
            yield OpenStream(response)

    @asynccontextmanager
    async def following(
        self, message_id: str, offset: int | None = None, who: str = "asha"
    ) -> "AsyncIterator[OpenStream]":
        """Resumes an answer and yields the stream while it is open."""
        more = {} if offset is None else {"last-event-id": str(offset)}
        async with self.http.stream("GET", f"/chat/stream/{message_id}", headers=self.headers(who, **more)) as response:
            yield OpenStream(response)

    async def resume(self, message_id: str, offset: int | None = None, who: str = "asha") -> StreamResult:
        """Resumes an answer and reads the stream to its end."""
        async with self.following(message_id, offset, who) as stream:
            return await stream.to_the_end()

    @asynccontextmanager
    async def silence(self) -> AsyncIterator[None]:
        """Meanwhile the upstream's slow models say nothing more."""
        silent = f"{self.upstream}/local/openrouter/silence"
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            await client.put(silent)
            try:
                yield
            finally:
                await client.delete(silent)

    async def upstream_requests(self) -> list[dict[str, Any]]:
        """The last 200 requests the upstream got, oldest first: their `headers`, their `body`, what became of them."""
        async with httpx.AsyncClient() as client:
            requests: list[dict[str, Any]] = (await client.get(f"{self.upstream}/local/openrouter/requests")).json()
        return requests

    async def sent_upstream(self) -> list[dict[str, Any]]:
        """The bodies of these requests."""
        return [each["body"] for each in await self.upstream_requests()]

    def quota(self, who: str = "asha", key: str = "small_messages") -> tuple[int, int]:
        """`(used, reserved)`."""
        found: tuple[int, int] = self.database.one(
            "select used, reserved from oneai.usage_quotas where workspace_id = %s and quota_key = %s",
            self.people[who],
            key,
        )
        return found

    async def settled(self, message_id: str) -> str:
        """Waits until the answer is no longer being written; its state."""
        query: LiteralString = "select state from oneai.chat_messages where id = %s and state <> 'streaming'"
        (state,) = await until(lambda: self.database.rows(query, message_id))
        return str(state)


def filled_in(page: str, **values: str) -> dict[str, str]:
    """The request of a browser for the form on this page. The form has to offer every value."""
    offered = set(re.findall(r'<input type="radio" name="(\w+)" value="([^"]*)"', page))
    offered |= set(re.findall(r'<button [^>]*name="(\w+)" value="([^"]*)"', page))
    typed = set(re.findall(r'<input type="text" name="(\w+)"', page))
    assert {(name, value) for name, value in values.items() if name not in typed} <= offered, page
    return values


class OpenStream:
    """A stream that is still being received."""

    def __init__(self, response: httpx.Response) -> None:
        self.result = StreamResult(response.status_code, response.headers)
        self._lines = response.aiter_lines()
        self._response = response

    async def next(self) -> tuple[str, dict[str, Any], int | None] | None:
        """The next event, or None at the end; a refusal's body is stored in `result.body`."""
        if not self._response.headers.get("content-type", "").startswith("text/event-stream"):
            self.result.body = json.loads(await self._response.aread())
            return None
        name, data, offset = "", "", None
        async for line in self._lines:
            if line.startswith(":"):
                self.result.comments += 1
            elif line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("id: "):
                # For compared answers it begins with the answer's id.
                offset = int(line.removeprefix("id: ").rpartition(":")[2])
            elif line.startswith("data: "):
                data = line.removeprefix("data: ")
            elif name:
                event = (name, json.loads(data), offset)
                self.result.events.append(event)
                return event
        return None

    async def to_the_end(self) -> StreamResult:
        """Receives every event that is still to come; all that was received."""
        while await self.next() is not None:
            pass
        return self.result


async def remaining_events(stream: OpenStream) -> AsyncIterator[tuple[str, dict[str, Any], int | None]]:
    """Yields every event that is still to come."""
    while (event := await stream.next()) is not None:
        yield event
