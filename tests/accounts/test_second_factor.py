"""A user with a second factor is refused without it, in the check of every request; API keys are exempt."""

import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from stand_ins.supabase_auth import totp
from tests.accounts.sign_in import bearer, sign_in, sign_up
from tests.patience import PATIENCE
from tests.world import World


async def at_supabase(world: World, path: str, tokens: dict[str, Any], body: Any) -> Any:
    """The answer of `POST` at Supabase Auth."""
    async with httpx.AsyncClient(timeout=PATIENCE) as page:
        answer = await page.post(f"{world.address}/auth/v1{path}", json=body, headers=bearer(tokens))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def verify(world: World, tokens: dict[str, Any], factor: dict[str, Any]) -> Any:
    """The tokens after entering the current code."""
    challenge = await at_supabase(world, f"/factors/{factor['id']}/challenge", tokens, {})
    code = totp.code_at(factor["totp"]["secret"], time.time())
    return await at_supabase(
        world, f"/factors/{factor['id']}/verify", tokens, {"challenge_id": challenge["id"], "code": code}
    )


async def add_factor(world: World, tokens: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    """A verified factor, and the tokens of the session that verified it."""
    factor = await at_supabase(world, "/factors", tokens, {"factor_type": "totp", "friendly_name": "Phone"})
    return factor, await verify(world, tokens, factor)


async def newcomer(world: World) -> tuple[str, dict[str, Any]]:
    """The address and tokens of a new user."""
    email = f"{uuid4()}@example.com"
    return email, await sign_up(world, email)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["error"]["code"]


REQUIRED = (403, "second_factor_required")


async def test_a_token_without_the_second_factor_is_refused_until_the_code_is_entered(shared: World) -> None:
    email, first = await newcomer(shared)
    factor, verified = await add_factor(shared, first)
    lower = await sign_in(shared, email)

    refused = await shared.http.get("/me", headers=bearer(lower))
    raised = await verify(shared, lower, factor)

    assert refusal(refused) == REQUIRED
    assert (await shared.http.get("/me", headers=bearer(raised))).status_code == 200
    assert (await shared.http.get("/me", headers=bearer(verified))).status_code == 200


async def test_an_unverified_factor_changes_nothing(shared: World) -> None:
    _, tokens = await newcomer(shared)
    await at_supabase(shared, "/factors", tokens, {"factor_type": "totp", "friendly_name": "Phone"})

    assert (await shared.http.get("/me", headers=bearer(tokens))).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", "/user", {"confirm": "someone"}),
        ("POST", "/subscription/create", {"plan_id": "pro"}),
        ("POST", "/user/api-keys", {"name": "Laptop"}),
        ("GET", "/conversations", None),
        ("POST", "/user/data-export", None),
        ("GET", "/auth/sessions", None),
    ],
)
async def test_deleting_paying_and_making_keys_ask_for_the_second_factor(
    method: str, path: str, body: Any, shared: World
) -> None:
    email, first = await newcomer(shared)
    await add_factor(shared, first)
    lower = await sign_in(shared, email)

    answer = await shared.http.request(method, path, json=body, headers=bearer(lower))

    assert refusal(answer) == REQUIRED


async def test_a_question_without_the_second_factor_reaches_no_model(shared: World) -> None:
    email, first = await newcomer(shared)
    await add_factor(shared, first)
    lower = await sign_in(shared, email)

    answer = await shared.http.post("/chat/stream", json={"message": "Hello"}, headers=bearer(lower))

    assert refusal(answer) == REQUIRED
    assert shared.database.one("select count(*) from oneai.conversations where user_id = %s", lower["user"]["id"]) == 0


async def test_an_api_key_is_exempt(shared: World) -> None:
    _, first = await newcomer(shared)
    made = await shared.http.post(
        "/user/api-keys", json={"name": "Laptop", "scopes": ["conversations:read"]}, headers=bearer(first)
    )
    await add_factor(shared, first)

    answer = await shared.http.get("/conversations", headers={"authorization": f"Bearer {made.json()['secret']}"})

    assert answer.status_code == 200


async def test_signing_out_and_refreshing_work_without_the_second_factor(shared: World) -> None:
    email, first = await newcomer(shared)
    await add_factor(shared, first)
    lower = await sign_in(shared, email)

    refreshed = await shared.http.post("/auth/session", json={"refresh_token": lower["refresh_token"]})
    verified = await shared.http.post("/auth/verify", json={"token": refreshed.json()["access_token"]})
    left = await shared.http.post("/auth/sign-out", headers=bearer(refreshed.json()))

    assert (refreshed.status_code, left.status_code) == (200, 204)
    assert (verified.json()["valid"], verified.json()["reason"]) == (False, "second_factor_required")


async def test_a_removed_factor_is_no_longer_asked_for(shared: World) -> None:
    email, first = await newcomer(shared)
    factor, verified = await add_factor(shared, first)
    async with httpx.AsyncClient(timeout=PATIENCE) as page:
        removed = await page.delete(f"{shared.address}/auth/v1/factors/{factor['id']}", headers=bearer(verified))
    assert removed.status_code == 200

    lower = await sign_in(shared, email)

    assert (await shared.http.get("/me", headers=bearer(lower))).status_code == 200


async def test_adding_a_factor_is_in_the_audit_log(shared: World) -> None:
    _, first = await newcomer(shared)
    factor, _ = await add_factor(shared, first)

    acts = shared.database.rows(
        "select action, actor_kind, target_id from oneai.audit_log where user_id = %s and action like %s",
        *(first["user"]["id"], "second_factor.%"),
    )

    assert acts == [("second_factor.add", "user", factor["id"])]
