"""The chat itself in one process with many invocations at once, over the database and the stand-ins of a world."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from local.data_folder import REPOSITORY
from local.lambda_runtime import Invocation
from tests.canaries import keep_logs
from tests.lambda_stream.sandbox import Function, function, rest_event
from tests.world import World

# Variables that a world sets for functions in its own process.
_VARIABLES = ("DATABASE_URL", "OPENROUTER_BASE_URL", "OPENROUTER_API_KEY", "SUPABASE_URL", "RATE_LIMITS", "AUTO_TITLES")


@dataclass
class ChatStream:
    """The stream of an answer, as far as it has been read."""

    message_id: str
    invocation: Invocation
    received: str = ""

    async def status(self) -> int:
        """Waits for the response to begin."""
        return int((await self.invocation.prelude())["statusCode"])

    async def read_until(self, words: str) -> None:
        """Reads until these words have come."""
        while words not in self.received:
            chunk = await self.invocation.chunk()
            assert chunk is not None, f"the stream ended without {words!r}: {self.received[-500:]}"
            self.received += chunk.decode()

    async def to_the_end(self) -> None:
        """Reads the rest."""
        self.received += (await self.invocation.rest()).decode()

    @property
    def text(self) -> str:
        """The text of the answer so far."""
        return "".join(data["text"] for name, data in self._events() if name == "delta")

    @property
    def last(self) -> dict[str, Any]:
        """The content of the last event."""
        return self._events()[-1][1]

    def _events(self) -> list[tuple[str, dict[str, Any]]]:
        blocks = [block.splitlines() for block in self.received.split("\n\n") if "data: " in block]
        fields = [dict(line.split(": ", 1) for line in block if not line.startswith(":")) for block in blocks]
        return [(each["event"], json.loads(each["data"])) for each in fields]


class Chat:
    """The function, and its users' requests."""

    def __init__(self, world: World, running: Function) -> None:
        self.world, self.function = world, running

    def ask(self, who: str, model: str = "local/echo", message: str = "Hello", **fields: Any) -> ChatStream:
        """Sends a question and returns before its stream starts."""
        message_id = fields.setdefault("message_id", str(uuid4()))
        body = {"message": message, "model": model, **fields}
        return ChatStream(message_id, self._invoke("POST", "/chat/stream", who, body))

    def follow(self, who: str, message_id: str) -> ChatStream:
        """The stream of an answer from its beginning, as another tab opens it."""
        return ChatStream(message_id, self._invoke("GET", f"/chat/stream/{message_id}", who))

    async def stop(self, who: str, message_id: str) -> None:
        """Stops an answer."""
        stopped = self._invoke("POST", "/chat/stop", who, {"message_id": message_id})
        assert (await stopped.prelude())["statusCode"] == 202
        await stopped.rest()

    def _invoke(self, method: str, path: str, who: str, body: Any = None) -> Invocation:
        headers = self.world.headers(who) | {"Content-Type": "application/json"}
        several = {name: [value] for name, value in headers.items()}
        text = None if body is None else json.dumps(body)
        event = rest_event(path, httpMethod=method, headers=headers, multiValueHeaders=several, body=text)
        return self.function.api.invoke(event, timeout_s=900)


@asynccontextmanager
async def running_chat(world: World, place: Path, concurrency: int, **variables: str) -> AsyncIterator[Chat]:
    """The function with this concurrency."""
    stated = {name: os.environ[name] for name in _VARIABLES}
    folder = REPOSITORY / "functions" / "chat_stream"
    own = {"LAMBDA_TASK_ROOT": str(folder), "ANSWERS_AT_ONCE": "free=1000", "DATABASE_POOL_SIZE": "1"}
    try:
        async with function("main.app", place, stated | own | variables, concurrency=concurrency) as running:
            yield Chat(world, running)
    finally:
        keep_logs(place / "stdout")
