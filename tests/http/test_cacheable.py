"""A public response may be cached, and is sent once to a client that stores it."""

import pytest

from oneai.usage import model_figures
from tests.world import World

ORIGIN = {"origin": "https://app.oneai.example"}
PUBLIC = ["/chat/models", "/subscription/plans", "/subscription/plans/pro", "/openapi.json"]


@pytest.mark.parametrize("path", PUBLIC)
async def test_a_public_response_may_be_cached_and_is_sent_once(path: str, shared: World) -> None:
    first = await shared.http.get(path)
    again = await shared.http.get(path, headers={"if-none-match": first.headers["etag"]})

    assert first.status_code == 200
    assert first.headers["cache-control"] == "public, max-age=300"
    assert (again.status_code, again.content) == (304, b"")
    for name in ("etag", "cache-control", "vary"):
        assert again.headers.get(name) == first.headers.get(name), name
    assert again.headers["x-request-id"] != first.headers["x-request-id"]


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ("{tag}", 304),
        ("W/{tag}", 304),
        ('"other", {tag}', 304),
        ('"other",W/{tag} , "third"', 304),
        ("*", 304),
        ('"other"', 200),
        ("{tag}x", 304),
        ("", 200),
        ("nonsense", 200),
        ('"', 200),
        ("W/", 200),
    ],
)
async def test_an_etag_is_compared_as_http_specifies(condition: str, status: int, shared: World) -> None:
    tag = (await shared.get("/subscription/plans", None)).headers["etag"]

    sent = {"if-none-match": condition.format(tag=tag)}
    answer = await shared.http.get("/subscription/plans", headers=sent)

    assert answer.status_code == status
    assert bool(answer.content) == (status == 200)


async def test_models_need_no_token_and_name_their_plans(shared: World) -> None:
    models = {each["id"]: each for each in (await shared.get("/chat/models", None)).json()["items"]}

    assert {each["in_plan"] for each in models.values()} == {None}
    assert models["openai/gpt-4.1-mini"]["plans"] == ["free", "pro", "enterprise"]
    assert models["anthropic/claude-opus-4.5"]["plans"] == ["pro", "enterprise"]
    assert models["openai/o1-pro"]["plans"] == ["enterprise"]
    assert not [name for name in models if "embedding" in name]


async def test_a_list_with_a_token_is_personal_and_not_in_shared_caches(shared: World) -> None:
    public = await shared.get("/chat/models", None)
    own = await shared.get("/chat/models", shared.newcomer())
    headers = {**shared.headers(shared.newcomer()), "if-none-match": own.headers["etag"]}
    again = await shared.http.get("/chat/models", headers=headers)

    assert {each["id"]: each["in_plan"] for each in own.json()["items"]} == {
        each["id"]: "free" in each["plans"] for each in public.json()["items"]
    }
    assert own.headers["cache-control"] == "private, no-cache"
    assert again.status_code == 304
    assert own.headers["etag"] != public.headers["etag"]
    assert "Authorization" in public.headers["vary"]
    assert "Authorization" in own.headers["vary"]


async def test_an_invalid_token_is_refused_and_the_refusal_is_not_stored(shared: World) -> None:
    for authorization in ("Bearer garbage", "Bearer", "Basic YXNoYTphc2hh"):
        answer = await shared.http.get("/chat/models", headers={"authorization": authorization})
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthenticated")
        assert answer.headers["cache-control"] == "no-store"


async def test_a_suspended_user_is_refused_here_too(shared: World) -> None:
    who = shared.newcomer()
    shared.database.rows("update oneai.users set suspended_at = oneai.now() where id = %s", shared.people[who])

    model_figures.reset()  # which the request reads then: its own check must not go with that
    answer = await shared.get("/chat/models", who)

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "account_suspended")
    assert answer.headers["cache-control"] == "no-store"


async def test_a_changed_tier_changes_the_etag(shared: World) -> None:
    who = shared.newcomer()
    before = await shared.get("/chat/models", who)
    shared.database.rows("update oneai.workspaces set subscription_tier = 'pro' where id = %s", shared.people[who])

    headers = {**shared.headers(who), "if-none-match": before.headers["etag"]}
    after = await shared.http.get("/chat/models", headers=headers)

    assert after.status_code == 200
    assert after.headers["etag"] != before.headers["etag"]


async def test_a_response_that_varies_by_origin_says_so(shared: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from oneai import settings

    monkeypatch.setenv("CORS_ORIGINS", ORIGIN["origin"])
    settings.reset_cache()
    try:
        models = await shared.http.get("/chat/models", headers=ORIGIN)
        plans = await shared.http.get("/subscription/plans", headers=ORIGIN)
    finally:
        monkeypatch.undo()
        settings.reset_cache()

    assert models.headers["vary"] == "Authorization, OneAI-Workspace, Origin"
    assert plans.headers["vary"] == "Origin"
