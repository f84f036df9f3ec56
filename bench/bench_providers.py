"""Measures what each provider's client takes to read an answer of 1,000 pieces, without a network: CPU of this process.

The bytes come from the stand-ins, in one read for each event, as from a slow model.
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterable
from typing import Any, cast

from bench.report import median, table
from oneai.clients.anthropic.completion import AnthropicCompletion
from oneai.clients.gemini.completion import GeminiCompletion
from oneai.clients.http import StreamedResponse
from oneai.clients.model_streams.completion import StreamedCompletion
from oneai.clients.openai.chat import OpenAIChatCompletion
from oneai.clients.openai.responses import ResponsesCompletion
from oneai.clients.openrouter.completion import OpenRouterCompletion
from oneai.models.endpoint import Endpoint

PIECES, ROUNDS = 1_000, 15
REQUEST: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
NOWHERE = Endpoint("http://127.0.0.1:9", "key")


class Played:
    """A response that was received already."""

    status, headers = 200, {"content-type": "text/event-stream"}

    def __init__(self, events: Iterable[bytes]) -> None:
        self._events = iter(events)

    async def read(self) -> bytes | None:
        """The next event."""
        return next(self._events, None)

    def close(self) -> None:
        """Nothing is open."""


def event(data: dict[str, Any]) -> bytes:
    """A server-sent event."""
    return b"data: " + json.dumps(data).encode() + b"\n\n"


def chat() -> list[bytes]:
    """Chunks of chat completions."""
    frame = {"id": "x", "object": "chat.completion.chunk", "model": "m"}
    words = [event({**frame, "choices": [{"index": 0, "delta": {"content": f"word{n} "}}]}) for n in range(PIECES)]
    return [
        *words,
        event({**frame, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}),
        b"data: [DONE]\n\n",
    ]


def responses() -> list[bytes]:
    """Events of a response."""
    kind, place = "response.output_text.delta", {"output_index": 0, "content_index": 0, "item_id": "x", "logprobs": []}
    words = [event({"type": kind, "sequence_number": n, "delta": f"word{n} ", **place}) for n in range(PIECES)]
    return [*words, event({"type": "response.completed", "response": {"model": "m", "status": "completed"}})]


def messages() -> list[bytes]:
    """Events of Anthropic's Messages API."""
    texts = [{"type": "text_delta", "text": f"word{n} "} for n in range(PIECES)]
    words = [event({"type": "content_block_delta", "index": 0, "delta": each}) for each in texts]
    stop = event({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": PIECES}})
    return [*words, stop, event({"type": "message_stop"})]


def contents() -> list[bytes]:
    """Chunks of Gemini, each with the usage so far."""
    usage = {"promptTokenCount": 9, "candidatesTokenCount": 1, "totalTokenCount": 10}
    found = []
    for n in range(PIECES):
        candidate: dict[str, Any] = {"content": {"parts": [{"text": f"word{n} "}], "role": "model"}, "index": 0}
        if n == PIECES - 1:
            candidate["finishReason"] = "STOP"
        found.append(event({"candidates": [candidate], "usageMetadata": usage, "modelVersion": "m", "responseId": "x"}))
    return found


async def read(completion: StreamedCompletion, events: list[bytes]) -> float:
    """CPU milliseconds of one answer."""
    played = cast("StreamedResponse", Played(events))

    async def send() -> StreamedResponse:
        return played

    completion._send = send  # type: ignore[method-assign]  # without a network
    before = time.process_time()
    pieces = [piece async for found in completion for piece in found]
    spent = time.process_time() - before
    assert "".join(piece.text for piece in pieces).endswith(f"word{PIECES - 1} ")
    return spent * 1000


def main() -> None:
    """Measures the clients in turn, round after round, and prints."""
    clients: dict[str, tuple[Callable[[], StreamedCompletion], list[bytes]]] = {
        "OpenRouter": (lambda: OpenRouterCompletion(REQUEST), chat()),
        "OpenAI, chat completions": (lambda: OpenAIChatCompletion(REQUEST, NOWHERE), chat()),
        "OpenAI, responses": (lambda: ResponsesCompletion(REQUEST, NOWHERE), responses()),
        "Anthropic": (lambda: AnthropicCompletion(REQUEST, NOWHERE), messages()),
        "Gemini": (lambda: GeminiCompletion(REQUEST, NOWHERE), contents()),
    }
    spent: dict[str, list[float]] = {name: [] for name in clients}
    for round_ in range(ROUNDS + 1):
        for name, (make, events) in clients.items():
            milliseconds = asyncio.run(read(make(), events))
            if round_:
                spent[name].append(milliseconds)
    rows = [[name, f"{median(values):.1f}", f"{min(values):.1f}"] for name, values in spent.items()]
    table([f"CPU of {PIECES} pieces, each read by itself", "median ms", "least ms"], rows)


if __name__ == "__main__":
    main()
