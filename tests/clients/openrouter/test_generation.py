"""What an answer cost, asked afterwards."""

import json

import pytest

from oneai.clients import openrouter
from oneai.clients.openrouter.generation import fetch_generation_stats
from oneai.errors import UpstreamError, UpstreamUnavailable
from tests.clients.openrouter.conftest import Configure
from tests.clients.openrouter.upstream import Upstream, Wire, ask


async def test_the_stats_are_available_a_moment_after_the_end(upstream: Upstream) -> None:
    heard = await ask("openai/gpt-4.1-mini")
    assert heard.said.generation_id is not None

    assert await fetch_generation_stats(heard.said.generation_id) is None
    stats = await fetch_generation_stats(heard.said.generation_id)

    assert stats is not None
    assert stats.usage == heard.said.usage
    assert (stats.model, stats.provider) == ("openai/gpt-4.1-mini-2025-04-14", "OpenAI")
    assert (stats.finish_reason, stats.cancelled) == ("stop", False)


async def test_a_cancelled_answer_is_marked_and_has_its_cost(upstream: Upstream) -> None:
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
async def test_a_record_with_gaps_is_read_as_far_as_possible(record: dict[str, object], wire: Wire) -> None:
    wire.reads = [json.dumps({"data": record}).encode()]

    stats = await fetch_generation_stats("gen-1-a")

    assert stats is not None
    assert (stats.usage.prompt_tokens, stats.usage.cost_micro_usd) == (0, None)


async def test_requests_with_own_provider_keys_cost_the_providers_price(wire: Wire) -> None:
    record = {"total_cost": 0.000001, "is_byok": True, "upstream_inference_cost": 3.1e-05, "tokens_prompt": 7}
    wire.reads = [json.dumps({"data": record}).encode()]

    stats = await fetch_generation_stats("gen-1-a")

    assert stats is not None
    assert (stats.usage.cost_micro_usd, stats.usage.prompt_tokens) == (32, 7)


async def test_an_unavailable_record_is_an_error_and_not_none(wire: Wire) -> None:
    wire.head = "HTTP/1.1 500 Internal Server Error\r\n"
    with pytest.raises(UpstreamError):
        await fetch_generation_stats("gen-1-a")


async def test_a_refused_key_is_reported_here_too(upstream: Upstream, configure: Configure) -> None:
    configure(OPENROUTER_API_KEY="")
    with pytest.raises(UpstreamUnavailable) as refused:
        await fetch_generation_stats("gen-1-a")
    assert getattr(refused.value, "alert", None) == "openrouter_key_refused"


async def test_a_refused_connection_means_upstream_unavailable(configure: Configure) -> None:
    configure(OPENROUTER_BASE_URL="http://127.0.0.1:9/api/v1")
    with pytest.raises(UpstreamUnavailable):
        await fetch_generation_stats("gen-1-a")
    await openrouter.close()


async def test_an_html_page_is_no_record(wire: Wire) -> None:
    wire.reads = [b"<html>"]

    assert await fetch_generation_stats("gen-1-a") is None
