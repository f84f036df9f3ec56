"""What we send, and that it stops when we leave."""

import asyncio

import pytest

from oneai.clients import openrouter
from oneai.clients.http import streamed
from tests.clients.openrouter.conftest import Configure
from tests.clients.openrouter.upstream import Upstream, ask
from tests.patience import eventually


async def test_a_request_is_streamed_and_forbids_data_collection(upstream: Upstream) -> None:
    await ask("local/echo", "hello", max_tokens=5, provider={"data_collection": "allow"}, stream=False)

    body = (await upstream.last())["body"]
    assert body["stream"] is True
    assert body["usage"] == {"include": True}
    assert body["provider"] == {"data_collection": "deny"}
    assert body["max_tokens"] == 5
    assert body["messages"] == [{"role": "user", "content": "hello"}]


async def test_the_operator_may_allow_data_collection(upstream: Upstream, configure: Configure) -> None:
    configure(OPENROUTER_DATA_COLLECTION="allow")

    await ask("local/echo")

    assert (await upstream.last())["body"]["provider"] == {"data_collection": "allow"}


async def test_the_site_is_named_in_any_script(upstream: Upstream, configure: Configure) -> None:
    configure(SITE_URL="https://chat.example", SITE_NAME="Asha's चैट")

    await ask("local/echo")

    headers = (await upstream.last())["headers"]
    assert headers["http-referer"] == "https://chat.example"
    # Header bytes are UTF-8, which the server in between reads as Latin-1.
    titles = {headers[name].encode("latin-1").decode() for name in ("x-openrouter-title", "x-title")}
    assert titles == {"Asha's चैट"}


async def test_a_line_break_in_the_sites_name_is_sent_as_a_space(upstream: Upstream, configure: Configure) -> None:
    configure(SITE_NAME="One\r\nX-Evil: AI")

    await ask("local/echo")

    headers = (await upstream.last())["headers"]
    assert (headers["x-title"], headers.get("x-evil")) == ("One X-Evil: AI", None)


async def test_a_changed_key_is_used_at_once(upstream: Upstream, configure: Configure) -> None:
    configure(OPENROUTER_API_KEY="")
    assert (await ask("local/echo")).alert == "openrouter_key_refused"

    configure(OPENROUTER_API_KEY="sk-or-v1-new")
    assert (await ask("local/echo")).error is None


async def test_the_key_is_not_stored_anywhere(upstream: Upstream, configure: Configure) -> None:
    configure(OPENROUTER_API_KEY="sk-or-v1-secret")

    await ask("local/echo")

    assert "sk-or-v1-secret" not in str(await upstream.requests())


async def test_a_lone_surrogate_in_a_question_is_sent_as_a_question_mark(upstream: Upstream) -> None:
    assert (await ask("local/echo", "half \ud83d")).text == "half ?"


async def test_leaving_closes_the_connection_at_once(upstream: Upstream) -> None:
    async with openrouter.complete({"model": "local/slow", "messages": []}) as completion:
        async for _ in completion:
            break

    assert (await upstream.left())["client_disconnected_at_frame"] < 300


async def test_a_cancellation_closes_the_connection_too(upstream: Upstream) -> None:
    asking = asyncio.create_task(ask("local/hang-midway"))
    await eventually(upstream.requests)

    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking

    await upstream.left()


async def test_a_finished_answer_returns_its_connection_to_the_pool(upstream: Upstream) -> None:
    for _ in range(3):
        assert (await ask("local/echo")).error is None

    assert len(streamed._pools[asyncio.get_running_loop()]._idle) == 1


async def test_sixteen_concurrent_answers_are_not_mixed_up(upstream: Upstream) -> None:
    questions = [f"question number {number}" for number in range(16)]

    heard = await asyncio.gather(*(ask("local/echo", question) for question in questions))

    assert [one.text for one in heard] == questions
