"""The fields of a refusal for a frontend, and responses without a body."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.world import World

DEAR, DEAREST = "anthropic/claude-opus-4.5", "openai/o1-pro"
SMALL, LARGE = "openai/gpt-4.1-mini", "openai/gpt-4.1"


def expired(world: World) -> str:
    """A token that was good an hour ago."""
    return world.signer.token(world.people["asha"], None, exp=int(time.time()) - 3600)


@pytest.mark.parametrize("path", ["/conversations", "/chat/stream/00000000-0000-0000-0000-000000000000"])
@pytest.mark.parametrize(
    ("authorization", "reason"),
    [
        (lambda _: None, "token_missing"),
        (lambda _: "Basic YXNoYTphc2hhLXBhc3N3b3Jk", "token_missing"),
        (lambda _: "Bearer", "token_missing"),
        (lambda world: f"Bearer {expired(world)}", "token_expired"),
        (lambda _: "Bearer garbage", "token_invalid"),
        (lambda world: f"Bearer {expired(world)[:-9]}AAAAAAAAA", "token_invalid"),
        (lambda world: f"Bearer {world.signer.token(world.people['asha'], None, role='anon')}", "token_invalid"),
    ],
    ids=["nothing", "password", "empty", "expired", "garbage", "expired-and-forged", "anon-key"],
)
async def test_a_401_distinguishes_an_expired_token_from_an_invalid_one(
    path: str, authorization: Callable[[World], str | None], reason: str, shared: World
) -> None:
    value = authorization(shared)

    answer = await shared.http.get(path, headers={} if value is None else {"authorization": value})

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthenticated")
    assert answer.json()["error"]["reason"] == reason


@pytest.mark.parametrize(
    ("body", "plans", "says"),
    [
        ({"model": DEAR}, ["pro", "enterprise"], "Pro and Enterprise have it"),
        ({"model": DEAREST}, ["enterprise"], "Enterprise has it"),
        ({"compare": [SMALL, DEAR]}, ["pro", "enterprise"], "Pro and Enterprise have it"),
        # No plan has a dearer fallback behind a cheap model.
        ({"model": SMALL, "models": [LARGE]}, [], "not part of your plan"),
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/chat/stream", "/quota/quote"])
async def test_a_model_outside_the_plan_is_refused_with_the_plans_that_have_it(
    path: str, body: dict[str, Any], plans: list[str], says: str, shared: World
) -> None:
    answer = await shared.post(path, {"message": "Hello", **body})

    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["plans"]) == (403, "model_not_in_plan", plans)
    assert says in error["message"]


@pytest.mark.parametrize(
    ("key", "model", "name"),
    [
        ("small_messages", SMALL, "answers from small models"),
        ("large_messages", LARGE, "answers from large models"),
        ("image_generation", "google/gemini-2.5-flash-image", "images"),
    ],
)
async def test_the_message_names_the_used_up_quota(key: str, model: str, name: str, shared: World) -> None:
    who = shared.newcomer()
    shared.database.rows(
        "update oneai.usage_quotas set used = quota_limit where workspace_id = %s and quota_key = %s",
        *(shared.people[who], key),
    )

    for answer in (
        await shared.post("/chat/stream", {"message": "One too many", "model": model}, who),
        await shared.post("/quota/check", {"quota_key": key}, who),
    ):
        assert (answer.status_code, answer.json()["error"]["quota_key"]) == (429, key)
        assert answer.json()["error"]["message"] == f"You have used up your {name} for now."


async def test_a_response_without_a_body_has_no_content_type(shared: World) -> None:
    talk = (await shared.post("/conversations", {"title": "Plans"})).json()["id"]

    gone = await shared.http.delete(f"/conversations/{talk}", headers=shared.headers())

    assert (gone.status_code, gone.content) == (204, b"")
    assert "content-type" not in gone.headers
