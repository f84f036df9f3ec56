"""A team that requires a second factor: who is refused, on which ways, and who may require it."""

from typing import Any
from uuid import UUID

import httpx

from tests.accounts.sign_in import bearer, sign_up
from tests.accounts.test_second_factor import add_factor
from tests.api_keys.keys import code, create, get
from tests.workspaces.ending import talk_in
from tests.workspaces.teams import add_member
from tests.world import World

MISSING = (403, "second_factor_missing")


async def call(world: World, tokens: Any, asked: str, body: Any = None, *, team: str = "") -> httpx.Response:
    """A request such as `GET /me` with these tokens, in the team if it is named."""
    method, path = asked.split()
    headers = bearer(tokens) | ({"oneai-workspace": team} if team else {})
    return await world.http.request(method, path, json=body, headers=headers)


async def test_a_member_without_a_second_factor_gets_nothing_of_a_team_that_requires_one(world: World) -> None:
    _, owner = await add_factor(world, await sign_up(world, "owner@example.com"))
    made = await call(world, owner, "POST /workspaces", {"name": "Nilgiri Tea"})
    team = made.json()["id"]
    path = f"/workspaces/{team}"
    ravi = world.people["ravi"]
    add_member(world.database, team, ravi, "admin")
    conversation = talk_in(world, team, "Lease")
    answer = world.database.one(
        "select id from oneai.chat_messages where conversation_id = %s and role = 'assistant'", conversation
    )
    member = {"access_token": world.headers("ravi")["authorization"].split()[1]}
    key = (
        await call(world, member, "POST /user/api-keys", {"name": "Tea", "scopes": ["usage:read"]}, team=team)
    ).json()
    own_key = await create(world, "ravi", scopes=["usage:read"])

    # Admins do not decide it, and an owner has a factor first.
    other = await sign_up(world, "other@example.com")
    add_member(world.database, team, UUID(other["user"]["id"]), "owner")
    required = {"require_second_factor": True}
    assert code(await call(world, member, f"PATCH {path}", required)) == (403, "role_insufficient")
    assert code(await call(world, other, f"PATCH {path}", required)) == MISSING
    personal = f"/workspaces/{owner['user']['id']}"
    assert code(await call(world, owner, f"PATCH {personal}", required)) == (409, "personal_workspace")
    assert (await call(world, member, "GET /team/members", team=team)).is_success
    assert (await get(world, "/user/usage", key["secret"])).is_success
    may_change = "select oneai.may_change(%s, %s, %s, 'workspace')"
    assert world.database.one(may_change, ravi, ravi, team) is True
    changed = await call(world, owner, f"PATCH {path}", required)
    assert changed.json()["require_second_factor"] is True, changed.text

    refused = await call(world, member, "GET /team/members", team=team)
    assert code(refused) == MISSING
    assert refused.json()["error"]["enrol_at"] == "/settings/profile"
    question = {"message": "Hello", "conversation_id": conversation}
    talk = f"/conversations/{conversation}"
    for asked, body, header in (
        ("GET /me", None, team),
        ("GET /conversations", None, team),
        ("POST /team/invite", {"email": "new@example.com", "role": "viewer"}, team),
        ("POST /chat/stream", question, team),
        ("POST /chat/stream", question, ""),
        (f"GET {path}", None, ""),
        (f"GET {path}/audit", None, ""),
        (f"PATCH {talk}", {"title": "Rent"}, ""),
        (f"POST {talk}/share", {"kind": "live"}, ""),
        (f"PUT {talk}/messages/{answer}/feedback", {"rating": 1}, ""),
        (f"POST {talk}/messages/{answer}/activation", None, ""),
        (f"PATCH {talk}/messages/{answer}", {"content": "No"}, ""),
        (f"POST {talk}/copy", None, ""),
        (f"POST {talk}/move", {"workspace_id": str(ravi)}, ""),
        (f"DELETE {talk}", None, ""),
    ):
        assert code(await call(world, member, asked, body, team=header)) == MISSING, (asked, header)
    for action in ("archive", "delete"):
        bulk = await call(world, member, "POST /conversations/bulk", {"ids": [conversation], "action": action})
        assert [each["status"] for each in bulk.json()["results"]] == ["not_found"], bulk.text
    assert world.database.one(may_change, ravi, ravi, team) is False
    # Row-level security hides the same from statements that ask no right.
    assert (await call(world, member, f"GET /conversations/{conversation}")).status_code in (403, 404)
    assert code(await get(world, "/user/usage", key["secret"])) == MISSING
    assert (await get(world, "/user/usage", own_key["secret"])).is_success
    assert (await call(world, member, "GET /conversations")).json()["items"] == []
    listed = (await call(world, member, "GET /me")).json()["workspaces"]
    assert team in [each["id"] for each in listed]
    assert (await call(world, owner, "GET /team/members", team=team)).is_success

    # With a factor the member is back, and without one they can still leave.
    _, enrolled = await add_factor(world, other)
    assert (await call(world, enrolled, "GET /team/members", team=team)).is_success
    assert (await call(world, member, f"POST {path}/leave")).status_code == 204
