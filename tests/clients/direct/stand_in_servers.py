"""The stand-ins of direct providers on real sockets, and what the clients yield of them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import httpx

from oneai.clients import anthropic, custom, gemini, http, openai, replicate
from oneai.errors import OneAIError
from oneai.models import Completion
from oneai.models.endpoint import Endpoint
from oneai.models.pieces import join_reasoning_details, join_tool_calls
from stand_ins import anthropic as anthropic_stand_in
from stand_ins import custom as custom_stand_in
from stand_ins import gemini as gemini_stand_in
from stand_ins import openai as openai_stand_in
from stand_ins import replicate as replicate_stand_in
from stand_ins.anthropic.app import KEY as ANTHROPIC_KEY
from stand_ins.custom.app import KEY as CUSTOM_KEY
from stand_ins.gemini.app import KEY as GEMINI_KEY
from stand_ins.openai.app import KEY as OPENAI_KEY
from stand_ins.replicate.app import KEY as REPLICATE_KEY
from tests.served import served
from tests.sources import SOURCES

PDF = "data:application/pdf;base64,JVBERi0xLjQK"
IMAGE = "data:image/png;base64,iVBORw0KGgo="
TOOLS: list[dict[str, Any]] = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": f"Finds a {what}.",
            "parameters": {"type": "object", "properties": {what: {"type": "string"}}, "required": [what]},
        },
    }
    for name, what in (("find_train", "train"), ("find_hotel", "hotel"))
]


@dataclass(frozen=True)
class Provider:
    """One provider: its client, its stand-in, and models of the latter."""

    name: str
    client: ModuleType
    create: Callable[..., Any]
    key: str
    base: str
    model: str
    thinking_model: str
    looping_model: str


PROVIDERS = {
    each.name: each
    for each in (
        Provider(
            *("anthropic", anthropic, anthropic_stand_in.create, ANTHROPIC_KEY, "/v1"),
            *("claude-sonnet-5-5", "claude-sonnet-5-5", "claude-loops"),
        ),
        Provider(
            *("openai", openai, openai_stand_in.create, OPENAI_KEY, "/v1"),
            *("gpt-4.1-mini", "gpt-5.6", "gpt-5.6-loops"),
        ),
        Provider(
            *("gemini", gemini, gemini_stand_in.create, GEMINI_KEY, "/v1beta"),
            *("gemini-3-pro", "gemini-3-pro", "gemini-loops"),
        ),
        Provider(*("custom", custom, custom_stand_in.create, CUSTOM_KEY, "/v1"), *("llama", "deepseek", "llama-loops")),
        Provider(
            *("replicate", replicate, replicate_stand_in.create, REPLICATE_KEY, "/v1"),
            *("example/llm", "example/llm", "example/llm"),
        ),
    )
}


@dataclass
class Answered:
    """Everything that one completion brought."""

    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    images: list[str] = field(default_factory=list)
    fragments: list[str] = field(default_factory=list)
    details: list[str] = field(default_factory=list)
    completion: Completion | None = None
    error: OneAIError | None = None

    @property
    def said(self) -> Completion:
        """The completion, which there must be."""
        assert self.completion is not None
        return self.completion

    @property
    def calls(self) -> list[dict[str, Any]]:
        """The whole calls."""
        return join_tool_calls(self.fragments)

    @property
    def message(self) -> dict[str, Any]:
        """The answer as a message of the next request."""
        details = join_reasoning_details(self.details)
        fields = {"tool_calls": self.calls, "reasoning": self.reasoning, "reasoning_details": details}
        return {"role": "assistant", "content": self.text, **{name: value for name, value in fields.items() if value}}


@dataclass
class Running:
    """A provider's stand-in that is running."""

    provider: Provider
    address: str

    def endpoint(self, **fields: Any) -> Endpoint:
        """Where the client asks it."""
        given = {"base_url": f"{self.address}{self.provider.base}", "key": self.provider.key, "retry_seconds": 0.001}
        return Endpoint(**{**given, **fields})

    async def ask(
        self, question: object = "What is a cat?", endpoint: Endpoint | None = None, **fields: Any
    ) -> Answered:
        """Asks through the client and records what comes."""
        answered = Answered()
        messages = fields.pop("messages", [{"role": "user", "content": question}])
        request = {"model": self.provider.model, "messages": messages, **fields}
        try:
            async with self.provider.client.complete(request, endpoint or self.endpoint()) as completion:
                answered.completion = completion
                async for pieces in completion:
                    for piece in pieces:
                        add(answered, piece.kind, piece.text)
        except OneAIError as error:
            answered.error = error
        return answered

    async def requests(self) -> list[dict[str, Any]]:
        """What it was asked, oldest first."""
        async with httpx.AsyncClient() as client:
            found: list[dict[str, Any]] = (
                await client.get(f"{self.address}/local/{self.provider.name}/requests")
            ).json()
        return found

    async def last_body(self) -> dict[str, Any]:
        """The body of the last request that had one."""
        body: dict[str, Any] = [each["body"] for each in await self.requests() if each["body"]][-1]
        return body


def add(answered: Answered, kind: str, text: str) -> None:
    """Adds a piece."""
    if kind in ("text", "reasoning", "refusal"):
        setattr(answered, kind, getattr(answered, kind) + text)
    else:
        {"image": answered.images, "tool_call": answered.fragments, "reasoning_details": answered.details}[kind].append(
            text
        )


@asynccontextmanager
async def running(name: str, **options: Any) -> AsyncIterator[Running]:
    """Runs the stand-in of a provider, with all samples."""
    provider = PROVIDERS[name]
    async with served(lambda _: provider.create([each / name for each in SOURCES], **options)) as address:
        yield Running(provider, address)
        http.close()


def result_of(call: dict[str, Any], text: object) -> dict[str, Any]:
    """The result of a call as a message."""
    return {"role": "tool", "tool_call_id": call["id"], "content": text}
