"""Users say what they prefer: mail, language, theme, a default model, custom instructions."""

from typing import Any

import pytest

from tests.world import World

DEFAULTS: dict[str, Any] = {
    "notifications": {"quota": True, "summary": True, "product": False},
    "language": "en",
    "theme": "system",
    "default_model": None,
    "favourite_models": [],
    "custom_instructions": None,
    "summarise_conversations": True,
    "version": 0,
}
INSTRUCTIONS = "I am a nurse. Answer in metric units."
SMALL = "openai/gpt-4.1-mini"


async def preferences_of(world: World, who: str) -> dict[str, Any]:
    """The preferences of `who`."""
    answer = await world.get("/user/preferences", who)
    assert answer.status_code == 200
    preferences: dict[str, Any] = answer.json()
    return preferences


async def change(world: World, who: str, body: Any) -> Any:
    """`PATCH`, as it is answered."""
    return await world.http.patch("/user/preferences", json=body, headers=world.headers(who))


async def test_a_new_user_has_the_defaults(shared: World) -> None:
    assert await preferences_of(shared, shared.newcomer()) == DEFAULTS


async def test_named_fields_change_and_the_others_are_kept(shared: World) -> None:
    who, other = shared.newcomer(), shared.newcomer()

    answer = await change(shared, who, {"notifications": {"summary": False}})
    assert (answer.status_code, answer.json()["notifications"]["summary"]) == (200, False)
    await change(shared, who, {"language": "hi", "theme": "dark", "summarise_conversations": False})
    await change(shared, who, {"default_model": SMALL, "custom_instructions": f"  {INSTRUCTIONS}\n"})
    await change(shared, who, {})
    await change(shared, who, {"notifications": None, "language": None, "theme": None, "summarise_conversations": None})

    assert await preferences_of(shared, who) == {
        "notifications": {"quota": True, "summary": False, "product": False},
        "language": "hi",
        "theme": "dark",
        "default_model": SMALL,
        "favourite_models": [],
        "custom_instructions": INSTRUCTIONS,
        "summarise_conversations": False,
        "version": 3,
    }
    assert await preferences_of(shared, other) == DEFAULTS


@pytest.mark.parametrize("nothing", [None, "", " \n"])
async def test_null_clears_the_model_and_null_or_blanks_clear_the_instructions(
    nothing: str | None, shared: World
) -> None:
    who = shared.newcomer()
    await change(shared, who, {"default_model": SMALL, "custom_instructions": INSTRUCTIONS})

    await change(shared, who, {"default_model": None, "custom_instructions": nothing})

    assert await preferences_of(shared, who) == DEFAULTS | {"version": 2}


async def test_a_change_to_an_older_version_is_refused_and_changes_nothing(shared: World) -> None:
    who = shared.newcomer()
    read = (await preferences_of(shared, who))["version"]
    first = await change(shared, who, {"version": read, "theme": "dark"})

    second = await change(shared, who, {"version": read, "theme": "light"})

    assert (first.status_code, first.json()["version"]) == (200, 1)
    assert (second.status_code, second.json()["error"]["code"]) == (412, "precondition_failed")
    assert (await preferences_of(shared, who))["theme"] == "dark"


@pytest.mark.parametrize(
    "body",
    [
        {"language": "fr"},
        {"theme": "pink"},
        {"notifications": {"quota": "perhaps"}},
        {"notifications": {"everything": False}},
        {"custom_instructions": "x" * 8001},
        {"custom_instructions": 3},
        {"default_model": ""},
        {"version": "1"},
        {"user_id": "x"},
        [],
        "hi",
    ],
    ids=lambda body: str(body)[:40],
)
async def test_an_invalid_preference_is_refused_and_changes_nothing(body: Any, shared: World) -> None:
    who = shared.newcomer()

    refused = await change(shared, who, body)

    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "invalid_request")
    assert await preferences_of(shared, who) == DEFAULTS


async def test_a_model_that_is_not_offered_cannot_be_the_default(shared: World) -> None:
    who = shared.newcomer()

    refused = await change(shared, who, {"default_model": "unknown/model", "theme": "dark"})

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "unknown_model")
    assert await preferences_of(shared, who) == DEFAULTS


async def test_a_user_with_an_incomplete_sign_up_can_change_preferences(shared: World) -> None:
    who = shared.newcomer()
    shared.database.rows("delete from oneai.users where id = %s", shared.people[who])

    assert (await change(shared, who, {"language": "hi"})).status_code == 200


async def test_favourite_models_keep_their_order_and_count_once(shared: World) -> None:
    who = shared.newcomer()

    answer = await change(shared, who, {"favourite_models": ["b/two", SMALL, "b/two", "gone/model"]})
    assert answer.json()["favourite_models"] == ["b/two", SMALL, "gone/model"]
    await change(shared, who, {"theme": "dark", "favourite_models": None})
    assert (await preferences_of(shared, who))["favourite_models"] == ["b/two", SMALL, "gone/model"]

    await change(shared, who, {"favourite_models": []})
    assert (await preferences_of(shared, who))["favourite_models"] == []


@pytest.mark.parametrize("models", [["x"] * 51, [""], ["x" * 201], [None], "x/y", [["x"]]])
async def test_favourite_models_that_do_not_fit_are_refused(models: Any, shared: World) -> None:
    who = shared.newcomer()

    assert (await change(shared, who, {"favourite_models": models})).status_code == 422
    assert (await preferences_of(shared, who))["favourite_models"] == []
