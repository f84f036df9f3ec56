"""One request to the stand-in, and the ways to answer it as OpenRouter does: a status, frames, or a cut connection."""

import asyncio
import json
import re
import secrets
import socket
import struct
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from stand_ins.openrouter import catalogue

type Send = Callable[[Any], Awaitable[None]]


class ModelError(Exception):
    """An error status before any stream. With fallbacks in the request, the next model is tried."""

    def __init__(
        self,
        status: int,
        message: str,
        metadata: dict[str, Any] | None = None,
        *,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> None:
        super().__init__(message)
        error: dict[str, Any] = {"code": status, "message": message}
        if metadata is not None:
            error["metadata"] = metadata
        self.status = status
        self.headers = {"content-type": "application/json", **(headers or {})}
        self.body = body or json.dumps({"error": error, "user_id": "user_of_the_stand_in"}).encode()


@dataclass(slots=True)
class Record:
    """The record of a request for tests and for `/generation`, without the key."""

    body: dict[str, Any]
    generation_id: str
    headers: dict[str, str]
    model: str | None = None
    provider: str | None = None
    status: int | None = None
    frames: int = 0
    client_disconnected_at_frame: int | None = None
    finish_reason: str | None = None
    prompt_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    completion_tokens: int = 0
    searches: int = 0  # of the web
    cost: Decimal = Decimal(0)
    requested_tokens: int = field(default=0, repr=False)

    def shown(self) -> dict[str, Any]:
        """As `GET /local/openrouter/requests` returns it."""
        names = ("generation_id", "model", "status", "frames", "client_disconnected_at_frame", "headers", "body")
        return {name: getattr(self, name) for name in names}


@dataclass(slots=True)
class Reply:
    """The answer in progress. `raw` is the server's own send, whose socket can be closed."""

    record: Record
    model: dict[str, Any]
    calls: int  # requests to this model, this one included
    pause: float
    speaking: asyncio.Event
    send: Send
    raw: Send
    opened: bool = False
    _head: str = ""
    _tail: str = '},"finish_reason":null,"native_finish_reason":null}]}\n\n'

    @property
    def body(self) -> dict[str, Any]:
        return self.record.body

    @property
    def question(self) -> str:
        """The text of the last user message."""
        messages = self.body.get("messages") or [{}]
        return next((text_of(message) for message in reversed(messages) if message.get("role") == "user"), "")

    @property
    def room(self) -> int:
        """The maximum tokens of the request; a word is one."""
        asked = self.body.get("max_tokens") or self.body.get("max_completion_tokens")
        return asked if isinstance(asked, int) and asked > 0 else 1_000_000

    def served_by(self, model: str, provider: str) -> None:
        """Sets the model and provider that really answer, before the first frame."""
        self.record.model, self.record.provider = model, provider

    async def open(self, content_type: str = "text/event-stream", *, names_itself: bool = True) -> None:
        """Sends 200; from then on every error is a frame."""
        if self.opened:
            return
        self.opened = True
        if self.record.model is None:
            self.served_by(self.model["canonical_slug"], catalogue.provider(self.model["id"])[0])
        self.record.status = 200
        self._head = _compact(self.envelope())[:-1]
        headers = {"content-type": content_type, "cache-control": "no-cache"}
        if names_itself:
            headers |= {"x-generation-id": self.record.generation_id, "x-provider-name": self.record.provider or ""}
        encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
        await self.send({"type": "http.response.start", "status": 200, "headers": encoded})

    async def write(self, data: bytes) -> None:
        """Sends bytes unchanged, flushed by themselves."""
        await self.open()
        self.record.frames += 1
        await self.send({"type": "http.response.body", "body": data, "more_body": True})

    async def comment(self, times: int = 1) -> None:
        """The keep-alive that comes before and between events."""
        await self.open()
        for _ in range(times):
            await self.send({"type": "http.response.body", "body": b": OPENROUTER PROCESSING\n\n", "more_body": True})

    async def say(self, text: str, *, key: str = "content") -> None:
        """One token of text, or of reasoning."""
        await self.open()
        self.record.completion_tokens += 1
        if key == "content" and self.body.get("logprobs"):
            await self.frame(choices=[choice_of({"content": text}) | {"logprobs": _logprobs_of(self.body, text)}])
            return
        await self.write(self.text_frame(text, key=key))

    def text_frame(self, text: str, *, key: str = "content") -> bytes:
        """The frame that `say` sends."""
        quoted = json.dumps(text, ensure_ascii=False)
        more = '"content":"",' if key == "reasoning" else ""
        delta = f'"delta":{{{more}"{key}":{quoted},"role":"assistant"'
        return f'data: {self._head},"choices":[{{"index":0,{delta}{self._tail}'.encode()

    async def frame(self, **fields: Any) -> None:
        """Any frame: the envelope with these fields."""
        await self.open()
        await self.write(f"data: {_compact({**self.envelope(), **fields})}\n\n".encode())

    async def finish(self, reason: str = "stop", native: str | None = None) -> None:
        """The finish frame."""
        self.record.finish_reason = reason
        choice = choice_of({"content": ""}, reason)
        await self.frame(choices=[choice | {"native_finish_reason": native or reason}])

    async def end(self, reason: str = "stop", *, usage: dict[str, Any] | None = None) -> None:
        """Finish, usage with empty choices, `[DONE]`: the end of a good stream."""
        await self.finish(reason)
        await self.frame(choices=[], usage=usage or self.usage())
        await self.done()

    async def done(self) -> None:
        """`[DONE]`."""
        await self.write(b"data: [DONE]\n\n")

    def usage(self, **over: Any) -> dict[str, Any]:
        """Plausible usage, priced by the stand-in's own catalogue."""
        record = self.record
        cost = float(
            catalogue.price(
                self.model,
                record.prompt_tokens,
                record.completion_tokens,
                record.searches,
                cached=record.cached_tokens,
                written=record.cache_write_tokens,
            )
        )
        tools = {"web_search_requests": record.searches, "tool_calls_requested": record.searches}
        return {
            "prompt_tokens": record.prompt_tokens,
            "completion_tokens": record.completion_tokens,
            "total_tokens": record.prompt_tokens + record.completion_tokens,
            "cost": cost,
            "is_byok": False,
            "prompt_tokens_details": {
                "cached_tokens": record.cached_tokens,
                "cache_write_tokens": record.cache_write_tokens,
                "audio_tokens": 0,
            },
            "cost_details": {"upstream_inference_cost": cost},
            "completion_tokens_details": {"reasoning_tokens": 0, "image_tokens": 0, "audio_tokens": 0},
            **({"server_tool_use_details": tools} if record.searches else {}),
            **over,
        }

    async def rest(self, seconds: float | None = None) -> None:
        """The pause between two tokens; a model with its own pace waits while the slow models are silenced."""
        if seconds is None:
            await asyncio.sleep(self.pause)
        else:
            await asyncio.sleep(seconds)
            await self.speaking.wait()

    async def reset(self) -> None:
        """Resets the connection (RST), as a crashed machine or a middlebox does."""
        transport = getattr(getattr(self.raw, "__self__", None), "transport", None)
        if transport is None:
            raise ConnectionResetError("the server in front gives no way to its socket")
        wire: socket.socket = transport.get_extra_info("socket")
        await asyncio.sleep(0.05)  # what was written before must be sent, or the reset overtakes it
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()

    def envelope(self) -> dict[str, Any]:
        """The fields that every frame begins with."""
        return {
            "id": self.record.generation_id,
            "object": "chat.completion.chunk",
            "created": int(self.record.generation_id.split("-")[1]),
            "model": self.record.model,
            "provider": self.record.provider,
        }


def choice_of(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    """The one choice of a frame; the role is repeated in every delta."""
    delta = {**delta, "role": "assistant"}
    return {"index": 0, "delta": delta, "finish_reason": finish, "native_finish_reason": finish}


def new_generation_id() -> str:
    """`gen-<epoch>-<20 characters>`."""
    return f"gen-{int(time.time())}-{secrets.token_hex(10)}"


def text_of(message: dict[str, Any]) -> str:
    """A message's text, whether its content is a string or a list of parts."""
    content = message.get("content")
    if isinstance(content, list):
        return " ".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def prompt_tokens(body: dict[str, Any]) -> int:
    """A quarter of a token per character of Latin text, one per other letter, four per message: an approximation."""
    texts = [text_of(message) for message in body.get("messages") or ()]
    return sum(4 + len(re.findall(r"[^\x00-\x7f]|[\x00-\x7f]{1,4}", text)) for text in texts)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _logprobs_of(body: dict[str, Any], token: str) -> dict[str, Any]:
    """The logprobs of one token, with as many alternatives as were asked for."""
    alternatives = body.get("top_logprobs") or 0
    top = [{"token": f"{token}{n or ''}", "logprob": -0.25 - n, "bytes": None} for n in range(alternatives)]
    one = {"token": token, "logprob": -0.25, "bytes": list(token.encode()), "top_logprobs": top}
    return {"content": [one], "refusal": None}
