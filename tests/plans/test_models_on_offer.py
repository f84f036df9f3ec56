"""The models offered to each user, and the default model."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from oneai import settings
from tests.world import World

FIRST_SMALL = "openai/gpt-4.1-mini"
TIERED, VARIABLE, MISSING = "anthropic/claude-sonnet-4.5", "openrouter/auto", "mistralai/mistral-next-preview"
EMBEDDINGS = "openai/text-embedding-3-small"
OPUS, O1_PRO, IMAGE = "anthropic/claude-opus-4.5", "openai/o1-pro", "google/gemini-2.5-flash-image"


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Sets the operator's variables for one test."""

    def says(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name.upper(), value)
        settings.reset_cache()

    yield says
    monkeypatch.undo()
    settings.reset_cache()


async def listed(world: World, who: str = "asha") -> dict[str, dict[str, Any]]:
    """The models as `who` sees them, by id."""
    answer = await world.get("/chat/models", who)
    assert answer.status_code == 200
    return {model["id"]: model for model in answer.json()["items"]}


def on(world: World, tier: str) -> str:
    """A new user on this plan."""
    who = world.newcomer()
    world.database.rows("update oneai.workspaces set subscription_tier = %s where id = %s", tier, world.people[who])
    return who


async def asked(world: World, who: str, model: str | None = None) -> int:
    """The status of a question to this model."""
    return (await world.ask("Hello", who, **({} if model is None else {"model": model}))).status


@pytest.mark.parametrize(("tier", "missing"), [("free", {OPUS, O1_PRO}), ("pro", {O1_PRO}), ("enterprise", set[str]())])
async def test_every_plan_sees_all_models_and_its_own_are_marked(tier: str, missing: set[str], shared: World) -> None:
    who = on(shared, tier)

    models = await listed(shared, who)

    assert {name for name, model in models.items() if not model["in_plan"]} == missing
    for name in (OPUS, O1_PRO):
        assert await asked(shared, who, name) == (403 if name in missing else 200)


async def test_models_with_unreliable_prices_are_not_offered(shared: World) -> None:
    models = await listed(shared)

    assert FIRST_SMALL in models
    for name in (TIERED, VARIABLE, MISSING):
        assert name not in models
        # No plan has the first of them, which a workspace's own key may reach. The others are no models of a provider.
        assert await asked(shared, on(shared, "enterprise"), name) == (403 if name == TIERED else 400)


async def test_a_wildcard_does_not_offer_them_either(shared: World, operator: Callable[..., None]) -> None:
    operator(models_allow="*")

    models = await listed(shared)

    assert FIRST_SMALL in models
    assert not {TIERED, VARIABLE, MISSING} & set(models)


async def test_a_model_that_writes_neither_text_nor_images_is_never_offered(
    shared: World, operator: Callable[..., None]
) -> None:
    assert EMBEDDINGS not in await listed(shared)
    operator(models_allow=f"{EMBEDDINGS},google/*", default_model=EMBEDDINGS)

    assert EMBEDDINGS not in await listed(shared)
    assert await asked(shared, shared.newcomer(), EMBEDDINGS) == 400
    assert (await shared.ask("Hello", shared.newcomer())).start["model"] == "google/gemini-2.5-flash-lite"


async def test_an_operator_can_offer_them_by_name_at_their_known_price(
    shared: World, operator: Callable[..., None]
) -> None:
    operator(models_allow=f"*, anthropic/*, {VARIABLE}, mistralai/*-preview")

    free, enterprise = on(shared, "free"), on(shared, "enterprise")
    models = await listed(shared, free)

    assert {TIERED, VARIABLE, MISSING, FIRST_SMALL} <= set(models)
    fields = ("prompt_micro_usd_per_million", "completion_micro_usd_per_million", "quota_key", "in_plan")
    assert [[models[name][field] for field in fields] for name in (TIERED, VARIABLE, MISSING)] == [
        [6_000_000, 22_500_000, "large_messages", False],  # the dearest tier
        [None, None, "large_messages", False],
        [200_000, None, "large_messages", False],
    ]
    for name in (TIERED, VARIABLE, MISSING):
        assert await asked(shared, free, name) == 403
        assert await asked(shared, enterprise, name) == 200
    assert shared.quota(enterprise, "large_messages") == (3, 0)
    assert shared.database.one("select min(cost_micro_usd) from oneai.usage_events") >= 0


async def test_an_allow_list_is_exhaustive(shared: World, operator: Callable[..., None]) -> None:
    operator(models_allow="openai/*, local/echo")

    assert set(await listed(shared)) == {FIRST_SMALL, "openai/gpt-4.1", O1_PRO, "local/echo"}
    assert await asked(shared, "asha", "deepseek/deepseek-r1") == 400
    assert await asked(shared, "asha", "google/gemini-2.5-flash-lite") == 403, "only an own key may pay it"
    assert await asked(shared, "asha", "local/echo") == 200


async def test_a_deny_list_takes_precedence(shared: World, operator: Callable[..., None]) -> None:
    operator(models_allow="openai/*", models_deny="*-mini,openai/o1*")

    assert set(await listed(shared)) == {"openai/gpt-4.1"}
    assert await asked(shared, "asha", FIRST_SMALL) == 400


async def test_the_default_model_is_never_an_expensive_one(shared: World) -> None:
    result = await shared.ask("Hello", shared.newcomer())

    assert result.start["model"] == FIRST_SMALL == next(iter(await listed(shared)))
    assert result.last["quota"]["key"] == "small_messages"


async def test_the_operator_sets_the_default_model(shared: World, operator: Callable[..., None]) -> None:
    operator(default_model="openai/gpt-4.1")

    assert (await shared.ask("Hello", shared.newcomer())).start["model"] == "openai/gpt-4.1"


@pytest.mark.parametrize("default", ["openai/gpt-0", FIRST_SMALL])
async def test_a_default_that_is_no_longer_offered_is_replaced(
    default: str, shared: World, operator: Callable[..., None]
) -> None:
    operator(default_model=default, models_deny=FIRST_SMALL)

    assert (await shared.ask("Hello", shared.newcomer())).start["model"] == "google/gemini-2.5-flash-lite"


async def test_a_question_without_a_model_is_refused_if_no_small_one_is_offered(
    shared: World, operator: Callable[..., None]
) -> None:
    operator(models_allow="openai/gpt-4.1")

    answer = await shared.post("/chat/stream", {"message": "Hello"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "upstream_unavailable")
    assert await asked(shared, shared.newcomer(), "openai/gpt-4.1") == 200


async def test_an_image_counts_as_one_and_is_stored_beside_the_text(shared: World) -> None:
    who = shared.newcomer()

    result = await shared.ask("Draw a monsoon", who, model=IMAGE)

    assert result.last["quota"]["key"] == "image_generation"
    assert [shared.quota(who, key) for key in ("image_generation", "small_messages", "large_messages")] == [
        (1, 0),
        (0, 0),
        (0, 0),
    ]
    assert (await shared.sent_upstream())[-1]["modalities"] == ["image", "text"]
    page = await shared.get(f"/conversations/{result.start['conversation_id']}/messages", who)
    answer = page.json()["items"][-1]
    assert answer["content"] == result.text
    (image,) = answer["metadata"]["images"]
    assert (await shared.http.get(image["url"])).content.startswith(b"\x89PNG")


@pytest.mark.parametrize("model", ["local/image", "local/big-line"])
async def test_an_image_of_a_text_model_is_kept_whole_and_costs_one_unit(model: str, shared: World) -> None:
    who = shared.newcomer()

    result = await shared.ask("Draw", who, model=model)

    assert result.last["state"] == "complete"
    assert shared.quota(who) == (1, 0)
    page = await shared.get(f"/conversations/{result.start['conversation_id']}/messages", who)
    (image,) = page.json()["items"][-1]["metadata"]["images"]
    assert image["size"] > (1_200_000 if model == "local/big-line" else 60)
    assert len((await shared.http.get(image["url"])).content) == image["size"]
