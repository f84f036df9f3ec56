"""Every route for users in the workspace of its header, by who asks: without a token, a stranger, a former member, and
each role. Also with the header of a workspace in deletion, and of none."""

import json
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from openapi import FILE
from tests.http.ladder import Belongings, call, refused
from tests.http.rights import PERSONAL
from tests.workspaces.teams import add_member, insert_team, remove_member
from tests.world import World

HEADER = "OneAI-Workspace"
ROLES = ("viewer", "member", "admin", "owner")
# The lowest role by the right.
LOWEST = {
    "read": "viewer",
    "write": "member",
    "manage": "admin",
    "spend": "owner",
    "own": "owner",
    "personal": "viewer",
}
PATHS = json.loads(FILE.read_text())["paths"]
# Without those whose path names the workspace itself, which are tried in tests/workspaces.
LADDER = [
    (route, right)
    for route in PERSONAL
    if not route[1].startswith("/workspaces/{id}")
    and (right := PATHS[f"/api{route[1]}"][route[0].lower()]["x-workspace-right"]) != "ignored"
]
REFUSALS = ("workspace_not_found", "role_insufficient", "workspace_deleting", "workspace_suspended")


@pytest_asyncio.fixture(scope="module")
async def team(shared: World) -> AsyncIterator[tuple[UUID, dict[str, str]]]:
    """A team, and the names of its members by role; `former` was one."""
    people = {who: shared.newcomer() for who in (*ROLES, "former", "stranger")}
    found = insert_team(shared.database, shared.people[people["owner"]])
    for role in ROLES[:3]:
        add_member(shared.database, found, shared.people[people[role]], role)
    add_member(shared.database, found, shared.people[people["former"]], "admin")
    remove_member(shared.database, found, shared.people[people["former"]])
    yield found, people


def code(answer: httpx.Response) -> str | None:
    """The error's code; None for a success."""
    return None if answer.is_success or answer.is_redirect else answer.json()["error"]["code"]


@pytest.mark.sampled(0.08)
@pytest.mark.parametrize(("route", "right"), LADDER, ids=str)
async def test_a_route_accepts_the_roles_that_have_its_right_and_no_one_else(
    route: tuple[str, str],
    right: str,
    shared: World,
    belongings: Belongings,
    team: tuple[UUID, dict[str, str]],
) -> None:
    tea, people = team
    shared.database.rows("truncate oneai.rate_limits")

    async def ask(who: str | None, workspace: object = tea) -> httpx.Response:
        name = None if who is None else people[who]
        return await call(shared, route, belongings, shared.headers(name, **{HEADER: str(workspace)}))

    refused(await ask(None), 401, "unauthenticated")
    for who in ("stranger", "former"):
        refused(await ask(who), 404, "workspace_not_found")
    for name in ("none-such", "'; drop", shared.people["asha"]):
        refused(await ask("owner", name), 404, "workspace_not_found")
    for role in ROLES:
        answer = await ask(role)
        if ROLES.index(role) < ROLES.index(LOWEST[right]):
            refused(answer, 403, "role_insufficient")
            assert answer.json()["error"]["required_role"] == LOWEST[right]
        else:
            assert code(answer) not in REFUSALS, role

    shared.database.rows("update oneai.workspaces set deletes_at = '2027-12-24' where id = %s", tea)
    try:
        refused(await ask("admin"), 404, "workspace_not_found")
        answer = await ask("owner")
        if LOWEST[right] == "viewer" or right == "own":
            assert code(answer) not in REFUSALS
        else:
            refused(answer, 403, "workspace_deleting")
    finally:
        shared.database.rows("update oneai.workspaces set deletes_at = null where id = %s", tea)


@pytest.mark.parametrize("path", ["models", "chat/completions", "embeddings"])
async def test_openais_routes_refuse_the_same_people_in_their_format(
    path: str, shared: World, team: tuple[UUID, dict[str, str]]
) -> None:
    tea, people = team
    reads = path == "models"
    body = {"model": "openai/gpt-4.1-mini", "messages": [{"role": "user", "content": "Hi"}]}

    async def ask(who: str) -> tuple[int, str | None]:
        headers = shared.headers(people[who], **{HEADER: str(tea)})
        method, sent = ("GET", None) if reads else ("POST", body)
        answer = await shared.http.request(method, f"/v1/{path}", json=sent, headers=headers)
        return answer.status_code, code(answer)

    assert await ask("stranger") == (404, "workspace_not_found")
    assert await ask("former") == (404, "workspace_not_found")
    assert await ask("viewer") == ((200, None) if reads else (403, "role_insufficient"))


# The routes whose path names the workspace, with the lowest role that they accept and a valid body. What an allowed
# role changes is tested in tests/workspaces.
NAMED: dict[tuple[str, str], tuple[str, object]] = {
    ("GET", ""): ("viewer", None),
    ("GET", "/transfer"): ("viewer", None),
    ("DELETE", "/transfer"): ("viewer", None),
    ("POST", "/transfer/accept"): ("viewer", None),
    ("POST", "/leave"): ("viewer", None),
    ("GET", "/audit"): ("admin", None),
    ("PATCH", ""): ("admin", {"name": "Tea"}),
    ("PUT", ""): ("admin", {"name": "Tea"}),
    ("DELETE", ""): ("owner", {"confirm": "tea"}),
    ("POST", "/restore"): ("owner", None),
    ("POST", "/transfer"): ("owner", {"user_id": "00000000-0000-4000-8000-000000000000"}),
}


async def test_routes_that_name_a_workspace_refuse_strangers_and_lower_roles(
    shared: World, team: tuple[UUID, dict[str, str]]
) -> None:
    tea, people = team
    shared.database.rows("truncate oneai.rate_limits")

    async def ask(route: tuple[str, str], who: str | None, workspace: object = tea) -> httpx.Response:
        headers = shared.headers(None if who is None else people[who])
        (_, body), (method, end) = NAMED[route], route
        return await shared.http.request(method, f"/workspaces/{workspace}{end}", json=body, headers=headers)

    start = "/api/workspaces/{id}"
    named = {(m.upper(), path.removeprefix(start)) for path in PATHS if path.startswith(start) for m in PATHS[path]}
    assert NAMED.keys() == named
    for route, (lowest, _) in NAMED.items():
        refused(await ask(route, None), 401, "unauthenticated")
        for who, workspace in (("stranger", tea), ("former", tea), ("owner", "none-such"), ("owner", "'; drop")):
            refused(await ask(route, who, workspace), 404, "workspace_not_found")
        for role in ROLES[: ROLES.index(lowest)]:
            answer = await ask(route, role)
            refused(answer, 403, "role_insufficient")
            assert answer.json()["error"]["required_role"] == lowest, (route, role)
    shared.database.rows("update oneai.workspaces set deletes_at = '2027-12-24' where id = %s", tea)
    try:
        for route in NAMED:
            refused(await ask(route, "admin"), 404, "workspace_not_found")
    finally:
        shared.database.rows("update oneai.workspaces set deletes_at = null where id = %s", tea)
