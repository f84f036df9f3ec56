"""How a model is asked for thoughts: what one refusal says of the model, and what it does not."""

import asyncio
import json
from typing import Any

import pytest

from oneai.clients import http
from tests.clients.direct.stand_in_servers import PROVIDERS, Answered, Running, running
from tests.clients.openrouter.upstream import Wire

# Models whose provider refuses the newest way.
OLDER = {"anthropic": "claude-without-adaptive", "gemini": "gemini-2.5-flash"}
# And one that refuses budgets.
NEWER = "claude-without-budget"


async def bodies(provider: Running) -> list[dict[str, Any]]:
    """What was sent so far."""
    return [each["body"] for each in await provider.requests() if each["body"]]


@pytest.mark.parametrize("name", list(OLDER))
async def test_a_refused_way_to_think_is_not_asked_for_again(name: str) -> None:
    model = f"{OLDER[name]}-asked-twice"
    async with running(name) as provider:
        first = await provider.ask(model=model, reasoning={"effort": "low"}, max_tokens=8000)
        once = len(await bodies(provider))
        second = await provider.ask(model=model, reasoning={"effort": "high"}, max_tokens=8000)
        sent = await bodies(provider)

    assert (first.error, second.error) == (None, None)
    assert first.reasoning
    assert second.reasoning
    # Refused once, answered twice.
    assert (once, len(sent)) == (2, 3)
    config = sent[-1].get("thinking") or sent[-1]["generationConfig"]["thinkingConfig"]
    assert config.get("budget_tokens") == 6400 or config.get("thinkingBudget") == 16_384


async def test_a_refused_budget_leaves_the_thoughts_of_others_alone() -> None:
    async with running("anthropic") as provider:
        budget = await provider.ask(model=NEWER, reasoning={"max_tokens": 2000}, max_tokens=8000)
        other = await provider.ask("Think.", model=NEWER, reasoning={"effort": "low"}, max_tokens=8000)
        sent = [each["thinking"]["type"] for each in await bodies(provider)]

    assert (budget.error, other.error) == (None, None)
    # Who asked for a budget gets thoughts in the way that the model has.
    assert (bool(budget.reasoning), bool(other.reasoning)) == (True, True)
    assert sent == ["enabled", "adaptive", "adaptive"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("anthropic", "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`."),
        ("anthropic", "messages.3.content.1: `thinking` blocks in the latest assistant message cannot be modified."),
        ("anthropic", "messages.1.content.0: Invalid `signature` in `thinking` block"),
        ("gemini", "Function call is missing a thought_signature in functionCall parts."),
    ],
)
async def test_a_refused_conversation_says_nothing_of_its_model(name: str, message: str) -> None:
    error = {"type": "invalid_request_error", "message": message, "code": 400, "status": "INVALID_ARGUMENT"}

    answered, times = await asked(name, [json.dumps({"error": error}).encode()], "400 Bad Request")

    assert answered.error is not None
    assert times == 1


async def asked(name: str, reads: list[bytes], status: str) -> tuple[Answered, int]:
    """What comes of a server that always says the same, and how often it was asked."""
    wire = Wire()
    wire.reads, wire.head = reads, f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\n"
    async with await asyncio.start_server(wire.answer, "127.0.0.1", 0) as server:
        provider = Running(PROVIDERS[name], f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        answered = await provider.ask(model=f"of {name}", reasoning={"effort": "low"}, max_tokens=4000)
        http.close()
    return answered, wire.asked
