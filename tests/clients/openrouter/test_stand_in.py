"""The stand-in behaves as OpenRouter does, where tests rely on it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.clients.openrouter.upstream import RECORDED, Upstream, ask
from tests.patience import PATIENCE
from tests.sources import SAMPLES

pytestmark = pytest.mark.sampled(0.34)

REPOSITORY = Path(__file__).parents[3]


async def test_an_answer_greets_echoes_and_counts(upstream: Upstream) -> None:
    heard = await ask("openai/gpt-4.1-mini", "Who are you?")

    assert "local stand-in" in heard.text
    assert "Who are you?" in heard.text
    assert heard.said.usage is not None
    assert heard.said.usage.cost_micro_usd
    assert heard.said.finish_reason == "stop"


async def test_each_model_answers_a_known_question_differently(upstream: Upstream) -> None:
    question = "Write a haiku about the monsoon, and say in one line why it works"
    models = ("openai/gpt-4.1-mini", "google/gemini-2.5-flash-lite", "anthropic/claude-opus-4.5")

    assert len({(await ask(model, question)).text for model in models}) == 3


async def test_max_tokens_is_respected_with_the_finish_reason_length(upstream: Upstream) -> None:
    heard = await ask("openai/gpt-4.1-mini", max_tokens=3)

    assert len(heard.text.split()) == 3
    assert heard.said.finish_reason == "length"


async def test_the_same_question_has_the_same_answer(upstream: Upstream) -> None:
    assert (await ask("openai/gpt-4.1")).text == (await ask("openai/gpt-4.1")).text


async def test_a_fallback_answers_if_the_first_model_refuses(upstream: Upstream) -> None:
    heard = await ask("local/error-404", models=["local/error-404", "openai/gpt-4.1-mini"])

    assert heard.error is None
    assert heard.said.model == "openai/gpt-4.1-mini-2025-04-14"


async def test_an_image_model_generates_an_image(upstream: Upstream) -> None:
    heard = await ask("google/gemini-2.5-flash-image")

    assert [image[:22] for image in heard.images] == ["data:image/png;base64,"]


async def test_reasoning_comes_before_the_text(upstream: Upstream) -> None:
    heard = await ask("local/reasoning")

    assert (heard.reasoning, heard.error) == ("Let me think about that. ", None)
    assert heard.text.startswith("After some thought")


async def test_a_conversation_that_is_too_long_is_refused_and_a_shorter_one_is_not(upstream: Upstream) -> None:
    messages = [{"role": "user", "content": "hi"}] * 6

    assert (await ask("local/context-too-long-once", messages=messages)).error is not None
    assert (await ask("local/context-too-long-once", messages=messages[:5])).error is None


async def test_the_requested_number_of_chunks_is_sent(upstream: Upstream) -> None:
    assert len((await ask("local/long", "Give me 2500 of them")).text.split()) == 2500
    assert len((await ask("local/long", "Go")).text.split()) == 1000


async def test_only_the_catalogue_is_open_without_a_key(upstream: Upstream) -> None:
    async with httpx.AsyncClient(base_url=upstream.address) as client:
        assert (await client.get("/api/v1/models")).status_code == 200
        assert (await client.post("/api/v1/chat/completions", json={"model": "local/echo"})).status_code == 401
        for name in ("key", "credits", "keys"):
            assert (await client.get(f"/api/v1/{name}")).status_code == 401


@pytest.mark.exhaustive
async def test_every_scenario_that_ends_can_be_asked(upstream: Upstream) -> None:
    async with httpx.AsyncClient(base_url=upstream.address) as client:
        names = [model["id"] for model in (await client.get("/api/v1/models")).json()["data"]]
    patient = ("local/slow", "local/thinks-long", "local/hang")
    for name in names:
        if not name.startswith((*RECORDED, *patient)):
            heard = await ask(name)
            assert heard.pieces or heard.error or heard.said.finish_reason, name


@pytest.fixture
def port() -> Iterator[int]:
    """A port of a socket that listens before a process serves, as the supervisor passes it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        os.set_inheritable(listening.fileno(), True)
        command = [sys.executable, "-m", "stand_ins.openrouter", "--fd", str(listening.fileno())]
        environment = {**os.environ, "ONEAI_FIXTURES": str(SAMPLES)}
        with subprocess.Popen(command, cwd=REPOSITORY, env=environment, pass_fds=[listening.fileno()]) as process:
            yield listening.getsockname()[1]
            process.send_signal(signal.SIGTERM)


def test_the_stand_in_runs_on_an_inherited_socket_and_offers_our_samples(port: int) -> None:
    answer = httpx.get(f"http://127.0.0.1:{port}/api/v1/models", timeout=PATIENCE)

    names = [model["id"] for model in answer.json()["data"]]
    assert names[0] == "openai/gpt-4.1-mini"
    assert {"replay/image_output", "replay-json/body_reasoning", "replay-error/429_of_a_provider"} <= set(names)
