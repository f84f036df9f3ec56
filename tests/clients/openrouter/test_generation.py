"""What an answer cost, asked afterwards."""

import json

import pytest

from oneai.clients import openrouter
from oneai.clients.openrouter.generation import fetch_generation_stats
from oneai.errors import UpstreamError, UpstreamUnavailable
from tests.clients.openrouter.conftest import Configure
from tests.clients.openrouter.upstream import Upstream, Wire, ask


async def test_the_record_comes_a_moment_after_the_end(upstream: Upstream) -> None:
    heard = await ask("openai/gpt-4.1-mini")
    assert heard.said.generation_id is not None

    assert await fetch_generation_stats(heard.said.generation_id) is None
    stats = await fetch_generation_stats(heard.said.generation_id)

    assert stats is not None
    assert stats.usage == heard.said.usage
    assert (stats.model, stats.provider) == ("openai/gpt-4.1-mini-2025-04-14", "OpenAI")
    assert (stats.finish_reason, stats.cancelled) == ("stop", False)


async def test_an_answer_that_was_left_says_so_and_what_it_cost(upstream: Upstream) -> None:
    async with openrouter.complete({"model": "local/slow", "messages": []}) as completion:
        async for _ in completion:
            break
    assert completion.usage is None
    assert completion.generation_id is not None

    await upstream.left()
    await fetch_generation_stats(completion.generation_id)
    stats = await fetch_generation_stats(completion.generation_id)

    assert stats is not None
    assert stats.cancelled
    assert stats.usage.cost_micro_usd is not None


@pytest.mark.parametrize("record", [{}, {"total_cost": None}, {"model": None, "native_tokens_prompt": "many"}])
async def test_a_record_with_holes_is_read_as_far_as_it_goes(record: dict[str, object], wire: Wire) -> None:
    wire.reads = [json.dumps({"data": record}).encode()]

    stats = await fetch_generation_stats("gen-1-a")

    assert stats is not None
    assert (stats.usage.prompt_tokens, stats.usage.cost_micro_usd) == (0, None)


async def test_own_keys_are_billed_with_what_the_provider_took(wire: Wire) -> None:
    record = {"total_cost": 0.000001, "is_byok": True, "upstream_inference_cost": 3.1e-05, "tokens_prompt": 7}
    wire.reads = [json.dumps({"data": record}).encode()]

    stats = await fetch_generation_stats("gen-1-a")

    assert stats is not None
    assert (stats.usage.cost_micro_usd, stats.usage.prompt_tokens) == (32, 7)


async def test_a_record_that_cannot_be_had_is_an_error_and_not_none(wire: Wire) -> None:
    wire.head = "HTTP/1.1 500 Internal Server Error\r\n"
    with pytest.raises(UpstreamError):
        await fetch_generation_stats("gen-1-a")


async def test_a_refused_key_is_told_here_too(upstream: Upstream, configure: Configure) -> None:
    configure(OPENROUTER_API_KEY="")
    with pytest.raises(UpstreamUnavailable) as refused:
        await fetch_generation_stats("gen-1-a")
    assert getattr(refused.value, "alert", None) == "openrouter_key_refused"


async def test_nobody_listening_is_upstream_unavailable(configure: Configure) -> None:
    configure(OPENROUTER_BASE_URL="http://127.0.0.1:9/api/v1")
    with pytest.raises(UpstreamUnavailable):
        await fetch_generation_stats("gen-1-a")
    await openrouter.close()


async def test_a_page_of_html_is_no_record(wire: Wire) -> None:
    wire.reads = [b"<html>"]

    assert await fetch_generation_stats("gen-1-a") is None
