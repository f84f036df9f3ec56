"""Visitors of chatbots, over HTTP: sessions, questions and streams."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

import httpx

from tests.chatbots.made import insert_chatbot, public_id
from tests.world import OpenStream, StreamResult, World


@dataclass(frozen=True)
class Website:
    """A published chatbot of a user, as its visitors meet it."""

    world: World
    chatbot: str
    public_id: str

    @classmethod
    def of(cls, world: World, who: str = "asha") -> Self:
        """A new chatbot in the personal workspace of `who`, which answers from what its model knows."""
        return cls.of_workspace(world, world.people[who])

    @classmethod
    def of_workspace(cls, world: World, workspace: UUID) -> Self:
        """The same in this workspace."""
        chatbot = insert_chatbot(world.database, workspace)
        world.database.rows(
            "update oneai.chatbot_versions "
            "set configuration = jsonb_set(configuration, '{knowledge,mode}', '\"general\"') where chatbot_id = %s",
            chatbot,
        )
        return cls(world, chatbot, public_id(world.database, chatbot))

    @property
    def path(self) -> str:
        """The chatbot's path below `/api`."""
        return f"/widget/{self.public_id}"

    async def session(self, handle: str | None = None) -> dict[str, Any]:
        """`POST …/sessions`."""
        answer = await self.world.http.post(f"{self.path}/sessions", json={"handle": handle} if handle else {})
        assert answer.status_code == 201, answer.text
        session: dict[str, Any] = answer.json()
        return session

    async def visitor(self) -> dict[str, str]:
        """The headers of a new visitor."""
        return bearer((await self.session())["token"])

    @asynccontextmanager
    async def asking(self, visitor: dict[str, str], message: str = "Hello", **fields: Any) -> AsyncIterator[OpenStream]:
        """Asks and yields the stream while it is open."""
        body = {"message": message, **fields}
        async with self.world.http.stream("POST", f"{self.path}/chat", json=body, headers=visitor) as response:
            yield OpenStream(response)

    async def ask(self, visitor: dict[str, str], message: str = "Hello", **fields: Any) -> StreamResult:
        """Asks and reads the stream to its end."""
        async with self.asking(visitor, message, **fields) as stream:
            return await stream.to_the_end()

    async def post(self, visitor: dict[str, str], path: str, body: Any = None) -> httpx.Response:
        """`POST` below the chatbot's path."""
        return await self.world.http.post(f"{self.path}/{path}", json=body, headers=visitor)

    async def get(self, visitor: dict[str, str], path: str, **headers: str) -> httpx.Response:
        """`GET` below the chatbot's path."""
        return await self.world.http.get(f"{self.path}/{path}", headers=visitor | headers)


def bearer(token: str) -> dict[str, str]:
    """The header of a token."""
    return {"authorization": f"Bearer {token}"}
