"""A client as documented: it chooses the ids of its answers, resumes broken streams, and retries."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx

from bench.invariants import ReceivedStream

# A client gives up after this time. Faults last seconds, so only a machine at a standstill reaches it.
PATIENCE = 600.0
_REQUEST = httpx.Timeout(40, read=40)
PAUSE = 0.3
# A client retries after these: the function died, the database is unavailable, or nothing answered in time.
AGAIN = (502, 503, 504)
_ENDS = {"done": "answers read to their end", "error": "answers that ended with an error"}


class NoAnswer(Exception):
    """The service did not answer before the client gave up."""


@dataclass
class Answer:
    """The received part of an answer."""

    message_id: str
    conversation_id: str = ""
    question_id: str = ""
    text: str = ""
    end: str = ""
    """`done`, `error`, or the code of a refusal; empty while it is being written."""
    final: bool = False
    """Whether all of this text is stored, as far as the client can know."""
    workspace: str | None = None
    """The team in which it was asked."""
    resumed: bool = False
    """Whether the stream broke off: then what was received last may not have been stored when a process died."""

    def as_received(self) -> ReceivedStream:
        """The form for the invariants."""
        return ReceivedStream(self.message_id, self.conversation_id, self.text, self.final)

    def take(self, name: str, data: dict[str, Any], offset: int) -> None:
        """Adds one event of the stream; `offset` is the number of code points up to and including it."""
        match name:
            case "start":
                self.conversation_id, self.question_id = data["conversation_id"], data["user_message_id"]
            case "delta":
                self.text = self.text[: offset - len(data["text"])] + data["text"]
            case "done":
                # Without `quota` the database was unavailable, and the answer is stored later.
                self.end = "done"
                self.final = data["quota"] is not None and (data["state"] == "complete" or not self.resumed)
            case "error":
                self.end = "error"


class Client:
    """The requests of all users; `outcomes` counts how they ended, `errors` lists responses that no client should
    get."""

    def __init__(self, url: str) -> None:
        self.http = httpx.AsyncClient(base_url=url, timeout=_REQUEST, limits=httpx.Limits(max_connections=None))
        self.outcomes: Counter[str] = Counter()
        self.errors: list[str] = []

    async def close(self) -> None:
        """Closes its connections."""
        await self.http.aclose()

    async def call(
        self, method: str, path: str, token: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Sends a request of the API until it is answered. Raises NoAnswer."""
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            try:
                sent = _headers(token) | (headers or {})
                response = await self.http.request(method, f"/api{path}", json=body, headers=sent)
            except httpx.TransportError:
                self.outcomes["broken off"] += 1
            else:
                if response.status_code not in AGAIN:
                    self.count(method, path, response)
                    return response
                self.outcomes["asked to try again"] += 1
            await asyncio.sleep(PAUSE)
        raise NoAnswer(f"{method} {path}")

    async def page(self, method: str, address: str, form: dict[str, str] | None = None) -> str:
        """Requests a page of the payment provider until it is answered. Raises NoAnswer."""
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            try:
                response = await self.http.request(method, address, data=form)
            except httpx.TransportError:
                self.outcomes["broken off"] += 1
            else:
                if response.status_code < 500:
                    return response.text
            await asyncio.sleep(PAUSE)
        raise NoAnswer("the checkout")

    async def ask(self, token: str, question: dict[str, Any], answer: Answer, *, leave_after: float | None) -> None:
        """Asks and reads the answer to its end, over as many connections as needed. Raises NoAnswer.

        After `leave_after` seconds the client hangs up once, and resumes.
        """
        give_up = time.monotonic() + PATIENCE
        while not answer.end and time.monotonic() < give_up:
            try:
                async with asyncio.timeout(leave_after):
                    await self._read(token, question, answer)
            except httpx.TransportError:
                self.outcomes["broken off"] += 1
            except TimeoutError:
                self.outcomes["left and came back"] += 1
            leave_after = None
            if not answer.end:
                await asyncio.sleep(PAUSE)
        if not answer.end:
            raise NoAnswer(f"the answer {answer.message_id}")
        self.outcomes[_ENDS.get(answer.end, "refused")] += 1

    async def _read(self, token: str, question: dict[str, Any], answer: Answer) -> None:
        """Reads one stream of the answer: the first, or one that resumes the previous stream."""
        headers = _headers(token) | ({"oneai-workspace": answer.workspace} if answer.workspace else {})
        if answer.conversation_id:
            path, last = f"/api/chat/stream/{answer.message_id}", {"last-event-id": str(len(answer.text))}
            answer.resumed = True
            request = self.http.stream("GET", path, headers=headers | last)
        else:
            body = question | {"message_id": answer.message_id}
            request = self.http.stream("POST", "/api/chat/stream", json=body, headers=headers)
        async with request as response:
            if response.status_code == 200:
                async for name, data, offset in events(response):
                    answer.take(name, data, offset)
                return
            await response.aread()
            if response.status_code in AGAIN:
                self.outcomes["asked to try again"] += 1
                return
            self.count("POST", "/chat/stream", response)
            answer.end = response.json()["error"]["code"]

    def count(self, method: str, path: str, response: httpx.Response) -> None:
        """Counts an answer that is not to be tried again."""
        if response.status_code >= 500:
            self.errors.append(f"{method} {path}: {response.status_code} {response.text[:200]}")
        elif not path.endswith(("/chat/stream", "/chat")):
            self.outcomes["requests answered" if response.is_success else "refused"] += 1


def _headers(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"} if token else {}


async def events(response: httpx.Response) -> AsyncIterator[tuple[str, dict[str, Any], int]]:
    """The events of a stream: name, data, and the number of code points up to and including it."""
    name, data, offset = "", "", 0
    async for line in response.aiter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            data = line.removeprefix("data: ")
        elif line.startswith("id: "):
            offset = int(line.removeprefix("id: ").rpartition(":")[2])
        elif not line and name:
            yield name, json.loads(data), offset
            name = ""
