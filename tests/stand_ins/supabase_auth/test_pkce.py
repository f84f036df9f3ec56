"""Codes for PKCE: good once, for five minutes of the stack's clock, with the verifier of their challenge."""

import asyncio

import httpx
import pytest

from tests.stand_ins.supabase_auth.browser import VERIFIER, provider_sign_in
from tests.stand_ins.supabase_auth.gotrue import EMAIL, exchange, query_of
from tests.world import Database

pytestmark = pytest.mark.exhaustive


@pytest.fixture
async def code(http: httpx.AsyncClient) -> str:
    """The code of a sign-in with Google."""
    return query_of(await provider_sign_in(http, EMAIL))["code"]


async def test_a_code_can_be_used_once(http: httpx.AsyncClient, code: str, database: Database) -> None:
    answers = await asyncio.gather(*(exchange(http, code, VERIFIER) for _ in range(6)))

    assert sorted(answer.status_code for answer in answers) == [200, 404, 404, 404, 404, 404]
    late = await exchange(http, code, VERIFIER)
    assert (late.status_code, late.json()["error_code"]) == (404, "flow_state_not_found")
    assert database.one("select count(*) from auth.sessions") == 1


async def test_a_wrong_verifier_is_refused_and_the_right_one_is_still_accepted(
    http: httpx.AsyncClient, code: str
) -> None:
    wrong = await exchange(http, code, VERIFIER.upper())

    assert (wrong.status_code, wrong.json()["error_code"]) == (400, "bad_code_verifier")
    assert (await exchange(http, code, VERIFIER)).status_code == 200


async def test_a_code_expires_by_the_clock_of_the_stack(http: httpx.AsyncClient, code: str, database: Database) -> None:
    second = query_of(await provider_sign_in(http, EMAIL))["code"]
    database.advance(290)
    assert (await exchange(http, second, VERIFIER)).status_code == 200
    database.advance(20)

    expired = await exchange(http, code, VERIFIER)

    assert (expired.status_code, expired.json()["error_code"]) == (422, "flow_state_expired")


async def test_the_challenge_may_be_plain(http: httpx.AsyncClient) -> None:
    query = {"code_challenge": VERIFIER, "code_challenge_method": "plain"}
    code = query_of(await provider_sign_in(http, EMAIL, query=query))["code"]

    assert (await exchange(http, code, "x" * 50)).json()["error_code"] == "bad_code_verifier"
    assert (await exchange(http, code, VERIFIER)).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "validation_failed"),
        ({"auth_code": "a"}, 400, "validation_failed"),
        ({"code_verifier": "a"}, 400, "validation_failed"),
        ({"auth_code": "unknown", "code_verifier": VERIFIER}, 404, "flow_state_not_found"),
        ({"auth_code": "\x00", "code_verifier": VERIFIER}, 404, "flow_state_not_found"),
        ({"auth_code": 1, "code_verifier": VERIFIER}, 400, "bad_json"),
    ],
)
async def test_an_invalid_code_is_refused(
    http: httpx.AsyncClient, body: dict[str, object], status: int, code: str
) -> None:
    refused = await http.post("/token", params={"grant_type": "pkce"}, json=body)

    assert (refused.status_code, refused.headers["x-sb-error-code"]) == (status, code)


async def test_an_unissued_code_is_unknown(http: httpx.AsyncClient, database: Database) -> None:
    await http.get(
        "/authorize", params={"provider": "google", "code_challenge": VERIFIER, "code_challenge_method": "plain"}
    )

    refused = await exchange(http, database.one("select auth_code from auth.flow_state"), VERIFIER)

    assert (refused.status_code, refused.json()["error_code"]) == (404, "flow_state_not_found")


async def test_flows_are_deleted_after_a_day(http: httpx.AsyncClient, database: Database) -> None:
    await http.get("/authorize", params={"provider": "google"})
    database.advance(25 * 3600)

    await http.get("/authorize", params={"provider": "github"})

    assert database.rows("select provider_type from auth.flow_state") == ["github"]
