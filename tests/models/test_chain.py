"""Several routes of one model: where one fails before its first piece, the next one answers."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest

from oneai import settings
from oneai.clients import http
from oneai.errors import OneAIError, UpstreamError
from oneai.models import Piece, operator_routes, providers
from oneai.models.completion import Completion
from oneai.models.route import Route
from stand_ins import openai as openai_stand_in
from stand_ins import openrouter as openrouter_stand_in
from stand_ins.openai.app import KEY
from tests.served import served

QUESTION = {"messages": [{"role": "user", "content": "What is a cat?"}], "max_tokens": 500}


@dataclass
class Addresses:
    """Where the providers are."""

    openrouter: str
    openai: str


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    yield monkeypatch
    settings.reset_cache()
    providers.set_aside().reset()


@pytest.fixture
async def addresses(environment: pytest.MonkeyPatch) -> AsyncIterator[Addresses]:
    """OpenRouter and OpenAI, both with a key of the operator."""
    async with AsyncExitStack() as stack:
        openrouter = await stack.enter_async_context(served(lambda _: openrouter_stand_in.create(pause=0)))
        openai = await stack.enter_async_context(served(lambda _: openai_stand_in.create()))
        for name, value in {
            "OPENROUTER_BASE_URL": f"{openrouter}/api/v1",
            "OPENROUTER_API_KEY": "sk-or-v1-of-a-test",
            "OPENROUTER_RETRY_SECONDS": "0.001",
            "OPENAI_BASE_URL": f"{openai}/v1",
            "OPENAI_API_KEY": KEY,
        }.items():
            environment.setenv(name, value)
        settings.reset_cache()
        providers.set_aside().reset()
        yield Addresses(openrouter, openai)
        http.close()
        await providers.close()


def away(environment: pytest.MonkeyPatch, name: str) -> None:
    """Makes a provider unreachable."""
    environment.setenv(name, "http://127.0.0.1:9/v1")
    settings.reset_cache()


async def ask(model: str) -> tuple[str, Completion]:
    """The text of an answer, and its completion."""
    async with providers.complete({"model": model, **QUESTION}) as completion:
        return "".join(
            [piece.text async for pieces in completion for piece in pieces if piece.kind == "text"]
        ), completion


async def test_openrouter_answers_while_it_can(addresses: Addresses) -> None:
    text, completion = await ask("openai/gpt-4.1-mini")

    assert text
    assert completion.provider != "openai"
    assert completion.generation_id is not None


async def test_the_models_own_provider_answers_while_openrouter_is_away(
    addresses: Addresses, environment: pytest.MonkeyPatch
) -> None:
    away(environment, "OPENROUTER_BASE_URL")

    text, completion = await ask("openai/gpt-4.1-mini")

    assert text.startswith("You asked")
    assert (completion.provider, completion.generation_id) == ("openai", None)
    assert completion.usage is not None
    assert completion.usage.cost_micro_usd is not None


async def test_a_provider_that_failed_is_set_aside_and_not_asked_first(
    addresses: Addresses, environment: pytest.MonkeyPatch
) -> None:
    away(environment, "OPENROUTER_BASE_URL")
    await ask("openai/gpt-4.1-mini")

    assert list(providers.set_aside().current()) == ["openrouter"]
    environment.setenv("OPENROUTER_BASE_URL", f"{addresses.openrouter}/api/v1")
    settings.reset_cache()
    _, completion = await ask("openai/gpt-4.1-mini")
    assert completion.provider == "openai"


async def test_a_refused_key_of_openrouter_is_named_and_another_route_answers(
    addresses: Addresses, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("OPENROUTER_API_KEY", "")
    settings.reset_cache()

    text, completion = await ask("openai/gpt-4.1-mini")

    assert text.startswith("You asked")
    assert completion.refused_keys


async def test_all_routes_away_is_one_error(addresses: Addresses, environment: pytest.MonkeyPatch) -> None:
    away(environment, "OPENROUTER_BASE_URL")
    away(environment, "OPENAI_BASE_URL")

    with pytest.raises(OneAIError) as failed:
        await ask("openai/gpt-4.1-mini")

    assert failed.value.code == "upstream_unavailable"


@pytest.mark.parametrize("model", ["meta/llama", "openai/gpt-of-nowhere", "openai/gpt-4.1-mini:free"])
async def test_a_model_without_a_known_price_has_no_direct_route(
    addresses: Addresses, environment: pytest.MonkeyPatch, model: str
) -> None:
    away(environment, "OPENROUTER_BASE_URL")

    assert operator_routes.direct_route(model) is None
    with pytest.raises(OneAIError):
        await ask(model)


@pytest.mark.parametrize(
    ("model", "route"),
    [
        ("openai/gpt-5.6", Route("openai", "gpt-5.6")),
        ("anthropic/claude-haiku-4.5", Route("anthropic", "claude-haiku-4-5")),
        ("google/gemini-2.5-flash", Route("gemini", "gemini-2.5-flash")),
    ],
)
def test_a_models_name_at_its_provider_follows_from_openrouters(model: str, route: Route) -> None:
    assert operator_routes.direct_route(model) == route


def test_a_search_of_the_web_stays_with_openrouter() -> None:
    assert operator_routes.is_for_openrouter({"tools": [{"type": "openrouter:web_search"}]})
    assert not operator_routes.is_for_openrouter({"tools": [{"type": "function", "function": {"name": "x"}}]})


async def test_nothing_is_asked_again_after_the_first_piece() -> None:
    from oneai.models import chain
    from oneai.models.route import Candidate
    from oneai.models.set_aside import SetAside

    opened: list[str] = []

    class Breaking:
        """Gives one piece, and breaks."""

        earlier: list[object] = []  # noqa: RUF012  never changed
        usage = model = provider = key_id = generation_id = finish_reason = None
        refused_keys: list[str] = []  # noqa: RUF012  never changed
        pieces = [[Piece("text", "Half")]]  # noqa: RUF012  taken once

        async def __anext__(self) -> list[Piece]:
            if self.pieces:
                return self.pieces.pop()
            raise UpstreamError

    @asynccontextmanager
    async def opening(name: str) -> AsyncIterator[Completion]:
        opened.append(name)
        yield Breaking()  # type: ignore[misc]  # what the chain uses of it

    routes = [Route("openrouter", "a"), Route("openai", "a")]
    attempts = [
        chain.Attempt(Candidate(route, "plan"), lambda name=route.provider: opening(name))  # type: ignore[misc]
        for route in routes
    ]
    async with chain.complete(attempts, SetAside()) as completion:
        assert await anext(completion) == [Piece("text", "Half")]
        with pytest.raises(UpstreamError):
            await anext(completion)

    assert opened == ["openrouter"]


async def test_a_timeout_of_one_route_leads_to_the_next(addresses: Addresses, environment: pytest.MonkeyPatch) -> None:
    environment.setattr(operator_routes, "HEAD_SECONDS", 0.2)
    async with served(_silent) as silent:
        environment.setenv("OPENROUTER_BASE_URL", f"{silent}/api/v1")
        settings.reset_cache()
        text, completion = await ask("openai/gpt-4.1-mini")

    assert (text.startswith("You asked"), completion.provider) == (True, "openai")


async def test_a_hanging_openrouter_is_left_for_the_next_route(
    addresses: Addresses, environment: pytest.MonkeyPatch
) -> None:
    environment.setattr(operator_routes, "PATIENCE_SECONDS", 0.05)
    async with served(_silent) as silent:
        environment.setenv("OPENROUTER_BASE_URL", f"{silent}/api/v1")
        settings.reset_cache()
        text, completion = await ask("openai/gpt-4.1-mini")

    assert (text.startswith("You asked"), completion.provider) == (True, "openai")
    assert list(providers.set_aside().current()) == ["openrouter"]


async def test_a_hanging_direct_provider_is_left_for_openrouter_that_was_set_aside(
    addresses: Addresses, environment: pytest.MonkeyPatch
) -> None:
    environment.setattr(operator_routes, "HEAD_SECONDS", 0.05)
    providers.set_aside().fail("openrouter", "upstream_unavailable")
    async with served(_silent) as silent:
        environment.setenv("OPENAI_BASE_URL", f"{silent}/v1")
        settings.reset_cache()
        text, completion = await ask("openai/gpt-4.1-mini")

    assert text
    assert (completion.provider != "openai", completion.generation_id is not None) == (True, True)
    # It answers again.
    assert list(providers.set_aside().current()) == ["openai"]


def _silent(_: str) -> object:
    async def app(scope: object, receive: object, send: object) -> None:
        del scope, receive, send
        await asyncio.sleep(3600)

    return app
