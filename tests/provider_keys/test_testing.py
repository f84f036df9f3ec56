"""A test of a key asks its provider, and says in our words what it answered."""

import pytest

from oneai.clients.custom import completion as custom_completion
from tests.canaries import CANARY
from tests.provider_keys.keys import KEY, add, change, try_out
from tests.provider_keys.upstream import Upstream
from tests.world import World

pytestmark = pytest.mark.usefixtures("kept_data_keys")
UNLISTED = {"ok": True, "problem": "models_not_listed", "models": None}
GOOD = {"ok": True, "problem": None, "models": ["a-model", "another-model"]}
SHOWN = {
    "openai": ("/openai/v1/models", "authorization", f"Bearer {KEY}"),
    "anthropic": ("/anthropic/v1/models?limit=200", "x-api-key", KEY),
    "gemini": ("/gemini/v1beta/models?pageSize=200", "x-goog-api-key", KEY),
    "replicate": ("/replicate/v1/account", "authorization", f"Bearer {KEY}"),
}


def bad(problem: str) -> dict[str, object]:
    return {"ok": False, "problem": problem, "models": None}


@pytest.mark.parametrize("provider", SHOWN)
async def test_each_provider_is_shown_the_key_in_its_own_header(
    world: World, upstream: Upstream, provider: str
) -> None:
    made = (await add(world, provider=provider)).json()
    tested = await try_out(world, made["id"])

    assert tested.status_code == 200
    assert tested.json()["ok"] is True
    ((method, address, headers),) = upstream.seen
    path, header, value = SHOWN[provider]
    assert (method, address.removeprefix(upstream.address), headers[header]) == ("GET", path, value)
    assert CANARY not in address


async def test_a_test_lists_the_models_of_the_key(world: World, upstream: Upstream) -> None:
    openai, gemini = (await add(world)).json(), (await add(world, provider="gemini")).json()

    assert (await try_out(world, openai["id"])).json() == GOOD
    assert (await try_out(world, gemini["id"])).json() == GOOD | {"models": ["gemini-flash", "gemini-pro"]}


@pytest.mark.parametrize("provider", SHOWN)
async def test_a_key_that_its_provider_refuses_is_marked_until_it_is_accepted(
    world: World, upstream: Upstream, provider: str
) -> None:
    made = (await add(world, provider=provider)).json()
    upstream.key = "another"
    refused = await try_out(world, made["id"])
    (listed,) = (await world.get("/settings/provider-keys")).json()["items"]

    assert refused.json() == bad("key_refused")
    assert CANARY not in refused.text  # which OpenAI's refusal quotes
    assert (listed["state"], listed["problem"]) == ("refused", "key_refused")
    upstream.key = KEY
    await try_out(world, made["id"])
    (listed,) = (await world.get("/settings/provider-keys")).json()["items"]
    assert (listed["state"], listed["problem"]) == ("active", None)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (403, {}, UNLISTED),
        (402, {}, bad("no_credit")),
        (429, {"error": {"code": "insufficient_quota"}}, bad("no_credit")),
        (429, {}, bad("too_many_requests")),
        (500, {}, bad("provider_failed")),
        (404, {}, bad("provider_failed")),
        (200, b"<html>Welcome</html>", bad("provider_failed")),
        (200, [], bad("provider_failed")),
        (200, {"data": {}}, bad("provider_failed")),
        (200, {"data": [{"id": 7}, "x", {"id": "ok"}, {"id": "a\nb"}]}, GOOD | {"models": ["ok"]}),
        (200, b" " * 5_000_000, bad("provider_failed")),
    ],
)
async def test_every_answer_of_a_provider_has_a_word(
    world: World, upstream: Upstream, status: int, body: object, expected: dict[str, object]
) -> None:
    made = (await add(world)).json()
    upstream.status, upstream.body = status, body

    assert (await try_out(world, made["id"])).json() == expected


async def test_a_redirect_is_not_followed(world: World, upstream: Upstream) -> None:
    made = (await add(world)).json()
    upstream.redirect = f"{upstream.address}/elsewhere"

    assert (await try_out(world, made["id"])).json() == bad("redirected")
    assert len(upstream.seen) == 1


@pytest.mark.parametrize(
    ("provider", "message", "problem", "state"),
    [
        ("gemini", "Requests from this address are blocked.", "key_restricted", "active"),
        ("gemini", "Your API key was reported as leaked.", "key_refused", "refused"),
        ("anthropic", "Your key has no permission for this.", "key_restricted", "active"),
        ("replicate", "Forbidden.", "key_restricted", "active"),
        ("custom", "Forbidden.", "key_refused", "refused"),
    ],
)
async def test_a_forbidden_request_is_named_and_refuses_the_key_only_where_it_says_so(
    world: World, upstream: Upstream, *, provider: str, message: str, problem: str, state: str
) -> None:
    address = {"base_url": f"{upstream.address}/v1"} if provider == "custom" else {}
    made = (await add(world, provider=provider, **address)).json()
    upstream.status, upstream.body = 403, {"error": {"message": message}}

    assert (await try_out(world, made["id"])).json() == bad(problem)
    (listed,) = (await world.get("/settings/provider-keys")).json()["items"]
    assert (listed["problem"], listed["state"]) == (problem, state)


async def test_a_custom_provider_is_asked_at_its_own_address(world: World, upstream: Upstream) -> None:
    made = (await add(world, provider="custom", base_url=f"{upstream.address}/mine/v1")).json()

    assert (await try_out(world, made["id"])).json() == GOOD
    assert upstream.seen[-1][1] == f"{upstream.address}/mine/v1/models"
    upstream.status = 404
    assert (await try_out(world, made["id"])).json() == bad("wrong_address")


@pytest.mark.parametrize(
    ("written", "is_at", "stored"),
    [
        ("/mine", "/mine/v1", "/mine/v1"),
        ("/mine/v1/", "/mine", "/mine"),
        ("/mine/v1", "/mine/v1", "/mine/v1"),
        ("/mine", "/elsewhere", "/mine"),
        ("/mine?api-version=2024-10-21", "/mine/v1", "/mine/v1?api-version=2024-10-21"),
    ],
)
async def test_an_address_is_stored_with_v1_or_without_it_as_it_answers(
    world: World, upstream: Upstream, *, written: str, is_at: str, stored: str
) -> None:
    upstream.apis = (is_at,)
    made = (await add(world, provider="custom", base_url=f"{upstream.address}{written}")).json()
    moved = await change(world, made["id"], base_url=f"{upstream.address}/other{written}", key=f"{KEY}2")

    assert made["base_url"] == f"{upstream.address}{stored}"
    assert moved.json()["base_url"] == f"{upstream.address}/other{written.removesuffix('/')}"
    # The key is sent with a test alone, which is limited.
    assert upstream.seen
    assert CANARY not in str(upstream.seen)


async def test_an_address_that_redirects_is_stored_as_it_is_written(world: World, upstream: Upstream) -> None:
    upstream.redirect = f"{upstream.address}/elsewhere"
    made = (await add(world, provider="custom", base_url=f"{upstream.address}/mine")).json()

    assert made["base_url"] == f"{upstream.address}/mine"
    assert [address for _, address, _ in upstream.seen] == [f"{made['base_url']}{end}/models" for end in ("", "/v1")]


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, None, UNLISTED),
        (404, {"error": {"message": "The model `default` does not exist."}}, UNLISTED),
        (400, {"detail": "Unknown model."}, UNLISTED),
        (404, {"detail": "Not Found"}, bad("wrong_address")),
        (400, {"error": "What?"}, bad("wrong_address")),
        (401, {"error": "Who?"}, bad("key_refused")),
        (402, {"error": "Pay."}, bad("no_credit")),
        (429, {"error": "Later."}, bad("too_many_requests")),
        (500, {"error": "The model broke."}, bad("provider_failed")),
    ],
)
async def test_a_server_without_a_list_of_models_is_asked_for_one_token(
    world: World, upstream: Upstream, status: int, body: object, expected: dict[str, object]
) -> None:
    upstream.lists_models, upstream.token = False, (status, body)
    made = (await add(world, provider="custom", base_url=f"{upstream.address}/mine/v1")).json()

    assert (await try_out(world, made["id"])).json() == expected
    method, address, headers = upstream.seen[-1]
    assert (method, address) == ("POST", f"{upstream.address}/mine/v1/chat/completions")
    assert headers["authorization"] == f"Bearer {KEY}"
    assert upstream.questions == [{"model": "default", "max_tokens": 1}]


async def test_a_server_without_a_list_has_the_models_that_its_owner_enters(world: World, upstream: Upstream) -> None:
    upstream.lists_models = False
    made = (
        await add(world, provider="custom", base_url=f"{upstream.address}/mine/v1", models=["llama", "qwen"])
    ).json()
    ids = [f"custom/{made['id']}/{name}" for name in ("llama", "qwen", "phi")]

    assert (await try_out(world, made["id"])).json() == GOOD | {"models": ["llama", "qwen"]}
    assert upstream.questions == [{"model": "llama", "max_tokens": 1}]
    assert await own_models(world) == ids[:2]
    changed = await change(world, made["id"], models=["phi"])
    assert (changed.status_code, changed.json()["models"]) == (200, ["phi"])
    assert await own_models(world) == ids[2:]
    # A list of its own replaces them.
    upstream.lists_models = True
    world.database.advance(60)
    assert (await try_out(world, made["id"])).json() == GOOD
    assert await own_models(world) == [f"custom/{made['id']}/{name}" for name in ("a-model", "another-model")]


async def own_models(world: World) -> list[str]:
    """The models of the workspace's own servers in its list."""
    items = (await world.get("/chat/models")).json()["items"]
    return [each["id"] for each in items if each["id"].startswith("custom/")]


async def test_a_deployment_of_azure_is_tested_exactly_as_it_is_asked(
    world: World, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(custom_completion, "AZURE_HOSTS", ("127.0.0.1",))
    upstream.lists_models = False
    base = f"{upstream.address}/openai/deployments/gpt-4o"
    made = (await add(world, provider="custom", base_url=f"{base}?api-version=2024-10-21")).json()

    assert made["base_url"] == f"{base}?api-version=2024-10-21"
    assert (await try_out(world, made["id"])).json() == GOOD | {"models": ["gpt-4o"]}
    listed, asked = upstream.seen[-2:]
    assert [listed[:2], asked[:2]] == [
        ("GET", f"{base}/models?api-version=2024-10-21"),
        ("POST", f"{base}/chat/completions?api-version=2024-10-21"),
    ]
    for _, _, headers in (listed, asked):
        assert (headers.get("api-key"), headers.get("authorization")) == (KEY, None)


async def test_thieves_cannot_test_many_keys(world: World, upstream: Upstream) -> None:
    keys = [(await add(world, key=f"{KEY}{n}")).json()["id"] for n in range(7)]
    statuses = [(await try_out(world, key)).status_code for key in keys]

    assert statuses == [200] * 6 + [429]
    # Another account at the same network has the rest of the network's.
    theirs = (await add(world, "ravi")).json()["id"]
    statuses = [(await try_out(world, theirs, "ravi")).status_code for _ in range(7)]
    assert statuses == [200] * 6 + [429]
    assert len(upstream.seen) == 12
    world.database.advance(60)
    # One a minute from then on.
    assert [(await try_out(world, keys[0])).status_code for _ in range(2)] == [200, 429]


async def test_a_test_of_a_key_that_was_replaced_meanwhile_marks_nothing(world: World, upstream: Upstream) -> None:
    made = (await add(world)).json()
    world.database.rows("select oneai.note_provider_key(%s, %s, 'key_refused', true)", made["id"], b"n" * 12)

    assert (await world.get("/settings/provider-keys")).json()["items"] == [made]
