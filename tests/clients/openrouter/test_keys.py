"""Several keys: one that is refused is set aside while another is accepted, and no user notices."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from oneai.clients import openrouter
from oneai.clients.openrouter import keys, management
from oneai.clients.openrouter.generation import fetch_generation_stats
from oneai.clients.openrouter.management import fetch_spend
from oneai.errors import UpstreamUnavailable
from oneai.models import providers
from stand_ins.openrouter.keys import MANAGEMENT_KEY
from tests.clients.openrouter.conftest import Configure
from tests.clients.openrouter.key_server import FRAMES, KEY_LIMIT, USER_NOT_FOUND, Answer, KeyServer, key_server
from tests.clients.openrouter.upstream import Upstream, ask, running


class Clock:
    """In place of the module `time`: a test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """The clock by which keys are set aside."""
    clock = Clock()
    monkeypatch.setattr(keys, "time", clock)
    keys.reset()
    yield clock
    keys.reset()


@pytest.fixture
async def server(configure: Configure) -> AsyncIterator[KeyServer]:
    """An upstream that answers by key; ours are `a` and `b`."""
    async with key_server() as server:
        configure(OPENROUTER_BASE_URL=server.address, OPENROUTER_API_KEY="a, b,a,")
        yield server
        await openrouter.close()


def asked(server: KeyServer) -> str:
    """The keys since the last time, in order."""
    found, server.asked = "".join(server.asked), []
    return found


async def test_the_first_key_is_used_while_it_is_accepted(server: KeyServer) -> None:
    for _ in range(3):
        assert (await ask("m")).text == "Hi"

    assert asked(server) == "aaa"


async def test_a_refused_key_is_set_aside_and_the_next_one_answers_at_once(server: KeyServer, clock: Clock) -> None:
    server.answers["a"] = USER_NOT_FOUND

    first, second = await ask("m"), await ask("m")

    assert (first.text, first.error, first.said.refused_keys) == ("Hi", None, [keys.key_id("a")])
    assert (second.text, second.said.refused_keys, second.said.key_id) == ("Hi", [], keys.key_id("b"))
    assert asked(server) == "abb"
    clock.now += 59.9
    await ask("m")
    assert asked(server) == "b"


async def test_a_refused_key_is_retried_after_one_minute_then_doubling_up_to_ten(
    server: KeyServer, clock: Clock
) -> None:
    server.answers["a"] = USER_NOT_FOUND
    await ask("m")
    asked(server)
    for seconds in (60, 120, 240, 480, 600, 600):
        clock.now += seconds - 0.1
        await ask("m")
        assert asked(server) == "b", seconds
        clock.now += 0.2
        await ask("m")
        assert asked(server) == "ab", seconds


async def test_a_key_accepted_again_is_used_and_its_refusals_are_reset(server: KeyServer, clock: Clock) -> None:
    server.answers["a"] = USER_NOT_FOUND
    for seconds in (61, 121):
        await ask("m")
        clock.now += seconds
    del server.answers["a"]
    asked(server)

    await ask("m")
    assert asked(server) == "a"

    server.answers["a"] = USER_NOT_FOUND
    await ask("m")
    clock.now += 61
    await ask("m")
    assert asked(server) == "abab"


async def test_concurrent_refusals_count_as_one(server: KeyServer, clock: Clock) -> None:
    server.answers["a"] = USER_NOT_FOUND

    heard = await asyncio.gather(*(ask("m") for _ in range(8)))

    assert {each.text for each in heard} == {"Hi"}
    assert sorted(asked(server)) == sorted("a" * 8 + "b" * 8)
    clock.now += 61
    await ask("m")
    assert asked(server) == "ab"


async def test_each_question_tries_every_key_if_all_are_refused(server: KeyServer) -> None:
    server.answers |= {"a": USER_NOT_FOUND, "b": KEY_LIMIT}

    heard = [await ask("m") for _ in range(2)]

    refused = [keys.key_id("a"), keys.key_id("b")]
    assert [(each.alert, each.said.refused_keys) for each in heard] == [("openrouter_key_refused", refused)] * 2
    assert asked(server) == "abab"
    del server.answers["b"]
    assert (await ask("m")).text == "Hi"


async def test_a_single_key_is_never_set_aside(server: KeyServer, configure: Configure) -> None:
    configure(OPENROUTER_API_KEY="a")
    server.answers["a"] = USER_NOT_FOUND
    assert (await ask("m")).alert == "openrouter_key_refused"
    del server.answers["a"]

    assert (await ask("m")).text == "Hi"


def refusal(status: int, message: str, **metadata: Any) -> Answer:
    return status, {"error": {"code": status, "message": message, "metadata": metadata}}


@pytest.mark.parametrize(
    "answer",
    [
        USER_NOT_FOUND,
        KEY_LIMIT,
        refusal(401, "No auth credentials found"),
        refusal(402, "This key has no credit left.", limit_source="key"),
        refusal(402, "Key limit exceeded (monthly limit)."),
        (200, b'data: {"error":{"code":"authentication","message":"User not found."}}\n\n'),
    ],
)
async def test_an_error_of_the_key_is_retried_with_another(server: KeyServer, answer: Answer) -> None:
    server.answers["a"] = answer

    assert (await ask("m")).text == "Hi"
    assert asked(server) == "ab"


@pytest.mark.parametrize(
    ("answer", "alert"),
    [
        (refusal(402, "This request requires more credits.", limit_source="openrouter_credits"), "credit_exhausted"),
        (refusal(403, "m requires moderation.", reasons=["violence"]), None),
        (refusal(403, "Not in your country."), None),
        (refusal(404, "No endpoints found for m."), None),
        (refusal(429, "Rate limit exceeded", limit_source="openrouter_free_tier_daily"), None),
        (refusal(400, "m is not a valid model ID"), None),
    ],
)
async def test_an_error_of_the_account_or_the_question_is_not_retried_with_another_key(
    server: KeyServer, answer: Answer, alert: str | None
) -> None:
    server.answers["a"] = answer

    heard = await ask("m")

    assert heard.error is not None
    assert heard.alert == (alert and f"openrouter_{alert}")
    assert asked(server) == "a"
    del server.answers["a"]
    await ask("m")
    assert asked(server) == "a", "it was not set aside"


async def test_no_other_key_is_tried_after_the_first_word(server: KeyServer) -> None:
    server.answers["a"] = (200, FRAMES.split(b"\n\n")[0] + b'\n\ndata: {"error":{"code":401,"message":"No."}}\n\n')

    heard = await ask("m")

    assert (heard.text, heard.alert) == ("Hi", "openrouter_key_refused")
    assert asked(server) == "a"
    await ask("m")
    assert asked(server) == "b"


async def test_a_request_with_its_own_key_uses_no_other(server: KeyServer) -> None:
    server.answers["c"] = USER_NOT_FOUND

    with pytest.raises(UpstreamUnavailable):
        async with openrouter.complete({"model": "m", "messages": []}, key="c") as completion:
            await anext(completion)

    assert asked(server) == "c"


async def test_a_running_answer_continues_while_its_key_is_refused(configure: Configure) -> None:
    async with running([]) as upstream:
        configure(OPENROUTER_BASE_URL=f"{upstream.address}/api/v1")
        (old, old_key), (_, new_key) = [await management.create_key(MANAGEMENT_KEY, name, {}) for name in "ab"]
        configure(OPENROUTER_API_KEY=f"{old_key},{new_key}")
        request = {"model": "local/slow", "messages": [], "max_tokens": 12}
        async with openrouter.complete(request) as completion:
            pieces = await anext(completion)
            await management.disable_key(MANAGEMENT_KEY, old.hash)
            assert (await ask("local/echo", "meanwhile")).said.key_id == keys.key_id(new_key)
            async for more in completion:
                pieces += more

        assert completion.finish_reason == "length"
        assert (completion.key_id, completion.refused_keys) == (keys.key_id(old_key), [])
        assert len("".join(piece.text for piece in pieces).split()) == 12
        await openrouter.close()


async def test_the_cost_of_an_answer_is_fetched_with_the_key_it_used(server: KeyServer) -> None:
    record = {"data": {"id": "gen-1-a", "model": "m", "total_cost": 0.5}}
    server.answers["b"] = (200, record)

    stats = await fetch_generation_stats("gen-1-a")

    assert stats is not None
    assert stats.usage.cost_micro_usd == 500_000
    assert asked(server) == "ab"
    del server.answers["b"]
    assert await fetch_generation_stats("gen-1-a") is None
    server.answers |= {"a": USER_NOT_FOUND, "b": (200, record)}
    assert await fetch_generation_stats("gen-1-a") == stats


async def test_the_catalogue_is_fetched_with_any_accepted_key(server: KeyServer) -> None:
    server.answers |= {"a": USER_NOT_FOUND, "b": (200, {"data": [{"id": "m"}]})}
    providers.reset_catalogue()

    assert [model.id for model in await providers.list_models()] == ["m"]
    assert asked(server) == "ab"


async def test_the_log_contains_no_key(
    server: KeyServer, configure: Configure, caplog: pytest.LogCaptureFixture
) -> None:
    configure(OPENROUTER_API_KEY="sk-or-v1-canary-of-a-key,b")
    server.answers["sk-or-v1-canary-of-a-key"] = USER_NOT_FOUND

    assert (await ask("m")).text == "Hi"

    lines = [vars(record) for record in caplog.records]
    assert [line.get("key") for line in lines] == [keys.key_id("sk-or-v1-canary-of-a-key")]
    assert "canary" not in str(lines)


async def test_the_spend_of_a_key_is_fetched_with_the_key_itself(upstream: Upstream, configure: Configure) -> None:
    _, key = await management.create_key(MANAGEMENT_KEY, "spender", {})
    configure(OPENROUTER_API_KEY=key)
    heard = await ask("openai/gpt-4.1", "How much?")

    spend = await fetch_spend(key)

    assert heard.said.usage is not None
    assert spend.usage_micro_usd == heard.said.usage.cost_micro_usd
    assert spend.label == f"{key[:12]}...{key[-3:]}"
