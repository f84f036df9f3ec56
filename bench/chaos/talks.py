"""Visitors of a chatbot, and the members who answer them: what each does in a round, through a client that retries."""

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from bench.chaos.client import AGAIN, PATIENCE, PAUSE, Client, NoAnswer, events
from bench.chaos.plan import Visit, VisitKind
from bench.chaos.site import Site
from bench.invariants.inbox import SentText, Talks


@dataclass
class Visitor:
    """One visitor: the session's token, what begins the next session, and the conversation, if there is one."""

    token: str = ""
    handle: str | None = None
    conversation: str | None = None
    beginning: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One of the visitor's acts at a time begins a session: two without a handle would be of two visitors."""


class Visitors:
    """All visitors of a run and the members of the chatbot's team. What was said, and became of it, is in `talks`."""

    def __init__(self, client: Client, site: Site, count: int, talks: Talks) -> None:
        self.client, self.site, self.talks = client, site, talks
        self.visitors = [Visitor() for _ in range(count)]
        self._acts: dict[VisitKind, Callable[[Visitor, Visit, random.Random], Awaitable[None]]] = {
            "ask": self._ask,
            "person": self._person,
            "serve": self._serve,
            "score": self._score,
        }

    async def act(self, visit: Visit, name: str) -> None:
        """Does one act to its end; `name` is unique to it. Raises NoAnswer."""
        await asyncio.sleep(visit.at)
        await self._acts[visit.kind](self.visitors[visit.visitor], visit, random.Random(name))

    async def _ask(self, visitor: Visitor, visit: Visit, chance: random.Random) -> None:
        await self._begin(visitor, "")
        said = SentText(_id(chance), f"Is it {_id(chance)}?", visitor.conversation)
        sent = [self._send(visitor, said, visit.leave_after)]
        if visit.twice:
            sent.append(self._send(visitor, said, None))
        ends = await asyncio.gather(*sent)
        said.is_stored = "stored" in ends
        said.refusals = tuple(end for end in ends if end != "stored")
        if said.conversation and not visitor.conversation:
            visitor.conversation = said.conversation
        self.talks.said.append(said)

    async def _send(self, visitor: Visitor, said: SentText, leave_after: float | None) -> str:
        """Asks until the answer has ended or people have the message: `stored`. Otherwise the code of the refusal."""
        give_up, end = time.monotonic() + PATIENCE, ""
        while time.monotonic() < give_up:
            try:
                async with asyncio.timeout(leave_after):
                    end = await self._read(visitor, said)
            except httpx.TransportError:
                self.client.outcomes["broken off"] += 1
            except TimeoutError:
                self.client.outcomes["left and came back"] += 1
            if end:
                return end
            leave_after = None
            await asyncio.sleep(PAUSE)
        raise NoAnswer(f"the visitor's answer {said.id}")

    async def _read(self, visitor: Visitor, said: SentText) -> str:
        """One request for the answer; empty if it has not ended."""
        token = visitor.token
        headers = {"authorization": f"Bearer {token}"}
        body: dict[str, Any] = {"message": said.content, "message_id": said.id}
        if said.asked_in:
            body["conversation_id"] = said.asked_in
        path = f"/api{self.site.path}/chat"
        async with self.client.http.stream("POST", path, json=body, headers=headers) as response:
            if response.status_code == 200 and "event-stream" in response.headers["content-type"]:
                async for name, data, _ in events(response):
                    if name == "start":
                        said.conversation = data["conversation_id"]
                    if name in ("done", "error"):
                        return "stored"
                return ""
            text = (await response.aread()).decode()
        if response.status_code == 202:
            said.conversation = said.asked_in
            return "stored"
        if response.status_code == 401:  # the clock was moved past the session
            await self._begin(visitor, token)
            return ""
        if response.status_code in AGAIN:
            self.client.outcomes["asked to try again"] += 1
            return ""
        self.client.count("POST", path, response)
        return "away" if response.status_code == 200 else str(json.loads(text)["error"]["code"])

    async def _begin(self, visitor: Visitor, old: str) -> None:
        """Begins a session, unless another act has replaced the `old` token."""
        async with visitor.beginning:
            if visitor.token != old:
                return
            body = {"handle": visitor.handle} if visitor.handle else {}
            response = await self.client.call("POST", f"{self.site.path}/sessions", "", body)
            if response.is_success:
                session = response.json()
                visitor.token, visitor.handle = session["token"], session["handle"]

    async def _person(self, visitor: Visitor, visit: Visit, chance: random.Random) -> None:
        if visitor.conversation:
            path = f"{self.site.path}/conversations/{visitor.conversation}/handoff"
            await self.client.call("POST", path, visitor.token)
        await self._ask(visitor, visit, chance)

    async def _score(self, visitor: Visitor, visit: Visit, chance: random.Random) -> None:
        if not visitor.conversation:
            await self._ask(visitor, visit, chance)
            return
        path = f"{self.site.path}/conversations/{visitor.conversation}"
        await self.client.call("POST", f"{path}/csat", visitor.token, {"score": 1 + visit.choice % 5})
        await self.client.call("GET", path, visitor.token)

    async def _serve(self, visitor: Visitor, visit: Visit, chance: random.Random) -> None:
        """Two members press at once; those who have the conversation write, and one of them ends it."""
        talk = visitor.conversation
        if talk is None:
            await self._ask(visitor, visit, chance)
            return
        path, tokens = f"/inbox/conversations/{talk}", chance.sample(self.site.members, 2)
        pressed = await asyncio.gather(*(self.client.call("POST", f"{path}/claim", token) for token in tokens))
        for token, claimed in zip(tokens, pressed, strict=True):
            if not claimed.is_success:
                continue
            said = SentText(_id(chance), f"A person says {_id(chance)}.", talk, by_member=True)
            body = {"content": said.content, "message_id": said.id}
            times = 2 if visit.twice else 1
            sent = await asyncio.gather(
                *(self.client.call("POST", f"{path}/messages", token, body) for _ in range(times))
            )
            said.is_stored = any(each.status_code == 201 for each in sent)
            self.talks.said.append(said)
            await self.client.call("POST", f"{path}/{chance.choice(('release', 'resolve', 'claim'))}", token)


def _id(chance: random.Random) -> str:
    return str(UUID(int=chance.getrandbits(128), version=4))
