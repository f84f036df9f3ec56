"""Every endpoint of OpenAI's, called by everyone who may or may not."""

from dataclasses import dataclass
from typing import Any, LiteralString

import httpx
import pytest
import pytest_asyncio

from oneai.api_keys import secret
from tests.api_keys.keys import create
from tests.http.rights import SCOPES
from tests.openai_api.test_chat_completions import MODEL, asking
from tests.openai_api.test_embeddings import MODEL as EMBEDDING_MODEL
from tests.world import World

# Method and path, the scope it needs, and a body.
ENDPOINTS: dict[str, tuple[str, Any]] = {
    "POST /chat/completions": ("chat", {"model": MODEL, "messages": asking()}),
    "POST /responses": ("chat", {"model": MODEL, "input": "Hello"}),
    "POST /embeddings": ("embeddings", {"model": EMBEDDING_MODEL, "input": "Hello"}),
    "GET /models": ("models", None),
    f"GET /models/{MODEL}": ("models", None),
}
# Endpoints that return 404 to an authorized caller.
MISSING = "GET /models/local/none-such"
SUSPENDED: LiteralString = "update oneai.users set suspended_at = oneai.now() where id = %s"
DELETING: LiteralString = "update oneai.users set deletes_at = oneai.now() + interval '14 days' where id = %s"
UNAUTHENTICATED: dict[str, str | None] = {
    "nothing": None,
    "a password": "Basic YXNoYTphc2hhLXBhc3N3b3Jk",
    "garbage": "Bearer garbage",
    "a malformed key": "Bearer oneai_sk_" + "0" * 46,
    "an unknown key": f"Bearer {secret.generate()}",
}
CLOSED = {"account_suspended": SUSPENDED, "account_deleting": DELETING}


@dataclass(frozen=True)
class Credentials:
    """The access token and an API key with every scope of one user."""

    token: str
    key: str


async def credentials(world: World, who: str) -> Credentials:
    """The token and the key of an authorized user."""
    key = await create(world, who, scopes=SCOPES)
    return Credentials(world.headers(who)["authorization"], f"Bearer {key['secret']}")


async def call(world: World, endpoint: str, authorization: str | None) -> httpx.Response:
    """Calls an endpoint as a client would."""
    method, path = endpoint.split(" ")
    headers = {} if authorization is None else {"authorization": authorization}
    body = ENDPOINTS[endpoint][1] if endpoint in ENDPOINTS else None
    return await world.http.request(method, f"/v1{path}", json=body, headers=headers)


def refused(answer: httpx.Response, status: int, code: str) -> None:
    """OpenAI's form of a refusal, with all four keys."""
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
    assert answer.headers["x-request-id"]


@pytest_asyncio.fixture(scope="module")
async def closed(shared: World) -> dict[str, Credentials]:
    """The credentials of users whose account is suspended, or is being deleted."""
    result = {}
    for code, query in CLOSED.items():
        who = shared.newcomer()
        result[code] = await credentials(shared, who)
        shared.database.rows(query, shared.people[who])
    return result


@pytest.mark.sampled(0.5)
@pytest.mark.parametrize("endpoint", [*ENDPOINTS, MISSING])
@pytest.mark.parametrize("caller", UNAUTHENTICATED)
async def test_a_caller_without_valid_credentials_gets_401(shared: World, endpoint: str, caller: str) -> None:
    refused(await call(shared, endpoint, UNAUTHENTICATED[caller]), 401, "invalid_api_key")


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_users_admins_and_their_keys_are_served(shared: World, endpoint: str) -> None:
    user, admin = shared.newcomer(), shared.newcomer()
    shared.database.rows("insert into oneai.admins (user_id, role) values (%s, 'admin')", shared.people[admin])

    for who in (user, admin):
        both = await credentials(shared, who)
        for authorization in (both.token, both.key):
            answer = await call(shared, endpoint, authorization)
            assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("endpoint", [*ENDPOINTS, MISSING])
async def test_a_key_without_the_scope_learns_which_one_it_lacks(shared: World, endpoint: str) -> None:
    scope = ENDPOINTS[endpoint][0] if endpoint in ENDPOINTS else "models"
    key = await create(shared, scopes=[each for each in SCOPES if each != scope])

    answer = await call(shared, endpoint, f"Bearer {key['secret']}")

    refused(answer, 403, "insufficient_scope")
    assert f" {scope}." in answer.json()["error"]["message"]


@pytest.mark.parametrize("endpoint", [*ENDPOINTS, MISSING])
@pytest.mark.parametrize("code", CLOSED)
async def test_a_closed_account_is_refused_by_token_and_by_key(
    shared: World, closed: dict[str, Credentials], code: str, endpoint: str
) -> None:
    for authorization in (closed[code].token, closed[code].key):
        refused(await call(shared, endpoint, authorization), 403, code)


async def test_a_key_revoked_during_its_answer_is_refused_from_the_next_request(
    shared: World,
) -> None:
    key = await create(shared)
    headers = {"authorization": f"Bearer {key['secret']}"}
    body = {"model": "local/slow", "messages": asking(), "max_tokens": 5, "stream": True}

    async with shared.http.stream("POST", "/v1/chat/completions", json=body, headers=headers) as response:
        lines = response.aiter_lines()
        first = await anext(lines)
        assert (await shared.http.delete(f"/user/api-keys/{key['id']}", headers=shared.headers())).status_code == 204
        rest = [line async for line in lines if line]
    after = await call(shared, "POST /chat/completions", headers["authorization"])

    assert first.startswith("data: {")
    assert rest[-1] == "data: [DONE]"
    assert not any('"error"' in line for line in rest)
    refused(after, 401, "invalid_api_key")
