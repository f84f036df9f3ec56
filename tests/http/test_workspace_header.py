"""The header `OneAI-Workspace`: which workspace a request is for, and whom it refuses."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.api_keys.keys import code, create
from tests.chat.documents import add_document
from tests.database.team_members import team_of
from tests.wire import Wire
from tests.world import World

HEADER = "OneAI-Workspace"
NOT_FOUND = (404, "workspace_not_found")


def team(world: World, owner: str = "asha", **roles: str) -> UUID:
    """A team of this owner, with users by role."""
    return team_of(world.database, world.people[owner], **{role: world.people[who] for role, who in roles.items()})


async def get(world: World, path: str, who: str, workspace: object) -> httpx.Response:
    """`GET /api…` as `who` in a workspace."""
    return await world.http.get(path, headers=world.headers(who, **{HEADER: str(workspace)}))


def slug_of(world: World, workspace: UUID) -> str:
    """The workspace's slug."""
    slug: str = world.database.one("select slug from oneai.workspaces where id = %s", workspace)
    return slug


async def test_a_request_is_for_the_workspace_named_by_id_or_slug(world: World) -> None:
    tea = team(world, member="ravi")
    document = add_document(world, workspace=tea, name="Lease.pdf")

    slug = slug_of(world, tea)
    for name in (tea, str(tea).upper(), slug, slug.upper()):
        listed = (await get(world, "/documents", "ravi", name)).json()
        assert [each["id"] for each in listed["items"]] == [document], name

    assert (await world.get("/documents", "ravi")).json()["items"] == []
    assert (await get(world, "/documents", "ravi", world.people["ravi"])).json()["items"] == []


@pytest.mark.parametrize("name", ["", "x", "none-such", "a" * 1000, "tea, tea", "तीम", "'; drop", "%00", "00000000"])
async def test_a_malformed_name_is_refused_as_an_unknown_workspace(world: World, name: str) -> None:
    bearer = world.headers()["authorization"].encode()
    headers = {b"authorization": bearer, HEADER.encode(): name.encode()}
    answer = await world.http.get("/documents", headers=headers)

    assert code(answer) == NOT_FOUND


async def test_two_workspaces_at_once_are_no_workspace(world: World) -> None:
    tea, other = team(world), team(world)
    headers = [*world.headers().items(), (HEADER, str(tea)), (HEADER, str(other))]

    assert code(await world.http.get("/documents", headers=headers)) == NOT_FOUND


async def test_a_workspace_of_others_is_refused_as_one_that_does_not_exist(world: World) -> None:
    theirs, lost, ending = (team(world, admin="ravi") for _ in range(3))
    world.database.rows("delete from oneai.workspace_members where workspace_id = %s", theirs)
    world.database.rows("delete from oneai.workspace_members where workspace_id = %s and role = 'admin'", lost)
    world.database.rows("update oneai.workspaces set deletes_at = oneai.now() where id = %s", ending)

    answers = [
        await get(world, "/documents", "ravi", name)
        for name in (theirs, lost, ending, uuid4(), world.people["asha"], slug_of(world, lost))
    ]

    assert [code(answer) for answer in answers] == [NOT_FOUND] * 6
    assert len({answer.json()["error"]["message"] for answer in answers}) == 1


async def test_a_viewer_reads_and_is_refused_a_change_with_the_role_that_may(world: World) -> None:
    tea = team(world, viewer="ravi")
    headers = world.headers("ravi", **{HEADER: str(tea)})

    assert (await world.http.get("/collections", headers=headers)).is_success
    refused = await world.http.post("/collections", json={"name": "Flat"}, headers=headers)

    assert code(refused) == (403, "role_insufficient")
    assert refused.json()["error"]["required_role"] == "member"
    assert world.database.rows("select * from oneai.collections") == []


@pytest.mark.parametrize(
    ("method", "path", "role"),
    [
        ("GET", "/user/api-keys", "admin"),
        ("GET", "/subscription", "admin"),
        ("GET", "/subscription/invoice", "admin"),
        ("POST", "/subscription/cancel", "owner"),
        ("PUT", "/subscription/billing-details", "owner"),
    ],
)
async def test_keys_are_the_admins_and_money_is_the_owners(world: World, method: str, path: str, role: str) -> None:
    body = {"country": "IN", "state": "KA", "legal_name": "Tea", "address": "Street 1"} if method == "PUT" else None
    lower = {"admin": "member", "owner": "admin"}[role]
    headers = world.headers("ravi", **{HEADER: str(team(world, **{lower: "ravi"}))})

    refused = await world.http.request(method, path, headers=headers, json=body)

    assert code(refused) == (403, "role_insufficient")
    assert refused.json()["error"]["required_role"] == role


async def test_what_is_personal_stays_the_same_in_every_workspace(world: World) -> None:
    tea = team(world, viewer="ravi")
    headers = world.headers("ravi", **{HEADER: str(tea)})

    changed = await world.http.patch("/user/preferences", json={"language": "hi"}, headers=headers)

    assert changed.is_success
    assert (await world.get("/user/preferences", "ravi")).json()["language"] == "hi"


async def test_a_user_signs_out_in_a_workspace_that_is_lost(world: World) -> None:
    headers = world.headers("asha", **{HEADER: str(uuid4())})

    assert (await world.http.post("/auth/sign-out", headers=headers)).status_code == 204


async def test_a_key_accepts_the_name_of_its_own_workspace_alone(world: World) -> None:
    tea = team(world)
    made = await create(world, scopes=["documents:read"])
    bearer = {"authorization": f"Bearer {made['secret']}"}

    assert (await world.http.get("/documents", headers={**bearer, HEADER: str(world.people["asha"])})).is_success
    for name in (tea, slug_of(world, tea), uuid4(), "none-such", ""):
        refused = await world.http.get("/documents", headers={**bearer, HEADER: str(name)})
        assert code(refused) == (403, "forbidden")
        assert refused.json()["error"]["message"] == "This API key belongs to another workspace."


async def test_a_teams_key_reads_nothing_but_the_teams(world: World) -> None:
    tea = team(world)
    document = add_document(world, workspace=tea, name="Lease.pdf")
    add_document(world, name="Diary.pdf")
    headers = world.headers("asha", **{HEADER: str(tea)})
    made = await world.http.post("/user/api-keys", json={"name": "Bot", "scopes": ["documents:read"]}, headers=headers)
    bearer = {"authorization": f"Bearer {made.json()['secret']}"}

    listed = (await world.http.get("/documents", headers=bearer)).json()

    assert [each["id"] for each in listed["items"]] == [document]
    assert (await world.get("/user/api-keys")).json()["items"] == []


async def test_a_former_members_key_is_no_key(world: World) -> None:
    tea = team(world, admin="ravi")
    headers = world.headers("ravi", **{HEADER: str(tea)})
    made = await world.http.post("/user/api-keys", json={"name": "Bot", "scopes": ["documents:read"]}, headers=headers)
    bearer = {"authorization": f"Bearer {made.json()['secret']}"}
    assert (await world.http.get("/documents", headers=bearer)).is_success

    world.database.rows("delete from oneai.workspace_members where workspace_id = %s and role = 'admin'", tea)

    assert code(await world.http.get("/documents", headers=bearer)) == (401, "invalid_api_key")


async def test_a_key_of_a_demoted_owner_has_only_the_rights_that_remain(world: World) -> None:
    tea = team(world, admin="ravi")
    headers = world.headers("ravi", **{HEADER: str(tea)})
    scopes = ["documents:read", "documents:write"]
    made = await world.http.post("/user/api-keys", json={"name": "Bot", "scopes": scopes}, headers=headers)
    bearer = {"authorization": f"Bearer {made.json()['secret']}"}

    world.database.rows("update oneai.workspace_members set role = 'viewer' where user_id = %s", world.people["ravi"])

    assert (await world.http.get("/documents", headers=bearer)).is_success
    refused = await world.http.post("/collections", json={"name": "Flat"}, headers=bearer)
    assert code(refused) == (403, "role_insufficient")


async def test_the_workspace_takes_no_round_trip_of_its_own(world: World, wire: Wire) -> None:
    tea = team(world)
    for method, path, body, trips in [
        ("GET", "/conversations", None, 1),
        ("GET", "/search?q=quokka", None, 2),
        ("GET", "/documents", None, 1),
        ("GET", "/quota/status", None, 1),
        ("GET", "/user/usage", None, 2),
        ("POST", "/collections", {"name": "Flat"}, 2),
    ]:
        counts: list[int] = []
        for more in ({}, {HEADER: str(tea)}):
            wire.trips.clear()
            answer = await world.http.request(method, path, json=body, headers=world.headers("asha", **more))
            assert answer.is_success, answer.text
            counts.append(len(wire.trips))
        assert counts == [trips, trips], path


async def test_the_response_varies_by_the_workspace(world: World) -> None:
    def named(answer: httpx.Response) -> set[str]:
        return {each.strip() for each in answer.headers.get("vary", "").split(",")}

    assert HEADER in named(await world.get("/documents"))
    assert HEADER in named(await world.get("/chat/models", None))
    assert HEADER not in named(await world.get("/subscription/plans", None))


async def test_a_refusal_for_its_fields_checks_the_workspace_first(world: World) -> None:
    body: Any = {"name": ""}
    headers = world.headers("asha", **{HEADER: "none-such"})

    assert code(await world.http.post("/collections", json=body, headers=headers)) == NOT_FOUND
