"""While OpenRouter is away, models that the operator has another route to are listed and answer."""

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send

from oneai import settings
from oneai.models import operator_routes, providers
from oneai.models.set_aside import SECONDS, SetAside
from tests.models.operator import MODEL, Routes
from tests.patience import until
from tests.provider_keys.answering import over


async def test_an_outage_of_openrouter_is_degraded_while_another_route_works(routes: Routes) -> None:
    assert await routes.status() == ("operational", "operational")
    routes.openrouter.close()

    assert await routes.status() == ("degraded", "degraded_performance")
    assert (await routes.world.get("/health", None, deep=True)).status_code == 200
    checks = await routes.checks()
    assert {name: each["ok"] for name, each in checks.items()} == {
        "database": True,
        "storage": True,
        "upstream": False,
        "openai": True,
    }


@pytest.mark.sampled(0.5)
async def test_no_route_at_all_is_an_outage(routes: Routes) -> None:
    routes.openrouter.close()
    routes.openai.close()

    assert await routes.status() == ("outage", "major_outage")
    assert (await routes.world.get("/health", None, deep=True)).status_code == 503


@pytest.mark.sampled(0.5)
async def test_a_refused_key_of_a_direct_provider_is_a_route_that_does_not_work(routes: Routes) -> None:
    routes.patch.setenv("OPENAI_API_KEY", "sk-proj-another")
    settings.reset_cache()

    assert await routes.status() == ("operational", "operational")
    assert not (await routes.checks())["openai"]["ok"]
    routes.openrouter.close()
    assert await routes.status() == ("outage", "major_outage")


async def test_a_provider_that_failed_is_shown_as_set_aside_until_it_answers(routes: Routes) -> None:
    await routes.listed()
    routes.openrouter.close()
    result = await routes.world.ask("What is a cat?", model=MODEL)
    await over()
    routes.openrouter.open()
    once = await routes.status()
    routes.openrouter.close()
    routes.wait(SECONDS + 1)
    await routes.world.ask("What is a cow?", model=MODEL)
    await over()
    routes.openrouter.open()

    assert (result.last["state"], result.last["provider"]) == ("complete", "openai")
    # One failure is no outage. OpenRouter can be reached, and nothing has asked it for an answer since the second.
    assert (once, await routes.status()) == (("operational", "operational"), ("degraded", "degraded_performance"))
    listed = await routes.listed()
    assert listed[MODEL] == {"openrouter": "set_aside", "openai": None}
    assert listed["meta-llama/llama-3.3-70b-instruct:free"] == {"openrouter": None}
    shown = (await routes.checks())["upstream"]
    assert (shown["ok"], shown["set_aside"]["times"], shown["set_aside"]["code"]) == (True, 2, "upstream_unavailable")

    routes.wait(2 * SECONDS + 1)
    again = await routes.world.ask("What is a dog?", model=MODEL)
    await over()

    assert (again.last["state"], again.last["provider"] != "openai") == ("complete", True)
    assert await routes.status() == ("operational", "operational")
    assert (await routes.listed())[MODEL] == {"openrouter": None, "openai": None}
    assert (await routes.checks())["upstream"]["set_aside"] is None


async def test_a_question_that_two_routes_are_asked_costs_once(routes: Routes) -> None:
    await routes.listed()
    routes.patch.setattr(operator_routes, "PATIENCE_SECONDS", 0.05)
    routes.openrouter.hangs = True

    result = await routes.world.ask("What is a cat?", model=MODEL)
    await over()

    assert (result.last["state"], result.last["provider"]) == ("complete", "openai")
    assert routes.world.quota() == (1, 0)
    events = routes.world.database.rows(
        "select provider, cost_micro_usd > 0 from oneai.usage_events where purpose = 'answer'"
    )
    assert events == [("openai", True)]
    # The other request was given up as soon as there was an answer.
    await until(lambda: routes.openrouter.left == 1)


async def test_others_learn_of_a_hanging_provider_before_the_answer_ends(routes: Routes) -> None:
    await routes.listed()
    routes.patch.setattr(operator_routes, "PATIENCE_SECONDS", 0.05)
    routes.openrouter.hangs = True
    go_on, app = asyncio.Event(), routes.openai.app

    async def held_back(scope: Scope, receive: Receive, send: Send) -> None:
        sent = 0

        async def pass_on(message: Message) -> None:
            nonlocal sent
            sent += 1
            if sent > 4 and scope["method"] == "POST":
                await go_on.wait()
            await send(message)

        await app(scope, receive, pass_on)

    routes.openai.app = held_back
    async with routes.world.asking("What is a cat?", model=MODEL) as stream:
        while not stream.result.text:
            assert await stream.next() is not None
        aside = "select provider from oneai.set_aside_providers"
        await until(lambda: routes.world.database.rows(aside) == ["openrouter"])
        go_on.set()
        await stream.to_the_end()
    await over()

    assert (stream.result.last["state"], stream.result.last["provider"]) == ("complete", "openai")


async def test_models_of_another_route_are_listed_and_answer_without_openrouter(routes: Routes) -> None:
    routes.openrouter.close()
    providers.reset_catalogue()

    alone = await routes.listed()
    result = await routes.world.ask("What is a cat?", model=MODEL)
    other = await routes.world.ask("What is a cat?", model="meta-llama/llama-3.3-70b-instruct:free")
    await over()

    assert {name.partition("/")[0] for name in alone} == {"openai"}
    assert all(list(ways) == ["openai"] for ways in alone.values())
    assert (result.last["state"], result.last["provider"]) == ("complete", "openai")
    assert (other.status, other.code) == (503, "upstream_unavailable")
    assert routes.world.quota() == (1, 0)

    routes.openrouter.open()
    providers.reset_catalogue()
    both = await routes.listed()

    # One entry for each model, whichever way leads to it.
    assert set(alone) <= set(both)
    assert set(both[MODEL]) == {"openrouter", "openai"}


async def test_another_process_learns_with_its_question_that_a_provider_is_set_aside(routes: Routes) -> None:
    await routes.listed()
    routes.openrouter.close()
    await routes.world.ask("What is a cat?", model=MODEL)
    await over()
    asked = routes.openrouter.refused
    routes.patch.setattr(providers, "_set_aside", SetAside(lambda: routes.now))  # as in a new process

    result = await routes.world.ask("What is a dog?", model=MODEL)
    await over()

    assert (result.last["state"], result.last["provider"]) == ("complete", "openai")
    assert routes.openrouter.refused == asked > 0
