"""What a request names by its id belongs to a workspace, whose role and quotas count, with and without the header."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.api_keys.keys import code
from tests.chat.documents import add_document
from tests.database.team_members import team_of
from tests.world import World

HEADER = "OneAI-Workspace"


@pytest.fixture
def tea(world: World) -> UUID:
    """A team that asha owns, with ravi as a member."""
    return team_of(world.database, world.people["asha"], member=world.people["ravi"])


def set_role(world: World, team: UUID, role: str | None, who: str = "ravi") -> None:
    """Changes or, with None, ends a membership."""
    if role is None:
        query = "delete from oneai.workspace_members where user_id = %s and workspace_id = %s"
        world.database.rows(query, world.people[who], team)
    else:
        query = "update oneai.workspace_members set role = %s where user_id = %s and workspace_id = %s"
        world.database.rows(query, role, world.people[who], team)


async def call(
    world: World, method: str, path: str, who: str = "ravi", body: Any = None, **more: str
) -> httpx.Response:
    """A request of `who` without a header of its own."""
    return await world.http.request(method, path, json=body, headers=world.headers(who, **more))


async def test_a_document_is_found_in_its_workspace_and_in_no_other(world: World, tea: UUID) -> None:
    document = add_document(world, workspace=tea)
    for path in (f"/documents/{document}", f"/documents/{document}/chunks", f"/documents/{document}/stats"):
        assert (await call(world, "GET", path)).is_success
        assert (await call(world, "GET", path, **{HEADER: str(tea)})).is_success
        own = await call(world, "GET", path, **{HEADER: str(world.people["ravi"])})
        assert code(own) == (404, "not_found")

    set_role(world, tea, None)
    assert code(await call(world, "GET", f"/documents/{document}")) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "", {"name": "Lease of 2026"}),
        ("POST", "/reprocess", {}),
        ("POST", "/summary", {}),
        ("DELETE", "", None),
    ],
)
async def test_a_change_of_a_document_takes_the_role_in_its_workspace(
    world: World, tea: UUID, method: str, path: str, body: Any
) -> None:
    document = add_document(world, who="ravi", workspace=tea)
    url = f"/documents/{document}{path}"

    set_role(world, tea, "viewer")
    refused = await call(world, method, url, body=body)
    assert code(refused) == (403, "role_insufficient")
    assert refused.json()["error"]["required_role"] == "member"

    set_role(world, tea, "member")
    elsewhere = await call(world, method, url, body=body, **{HEADER: str(world.people["ravi"])})
    assert code(elsewhere) == (404, "not_found")

    assert (await call(world, method, url, body=body)).is_success


async def test_a_bulk_change_leaves_out_what_the_user_may_not_change(world: World, tea: UUID) -> None:
    theirs, own = add_document(world, workspace=tea), add_document(world, who="ravi")
    body = {"ids": [theirs, own], "action": "tag", "tags": ["flat"]}

    set_role(world, tea, "viewer")
    results = (await call(world, "POST", "/documents/bulk", body=body)).json()["results"]

    assert [each["status"] for each in results] == ["not_found", "ok"]


async def test_a_collection_is_changed_in_its_workspace(world: World, tea: UUID) -> None:
    made = await call(world, "POST", "/collections", body={"name": "Flat"}, **{HEADER: str(tea)})
    url = f"/collections/{made.json()['id']}"

    assert (await call(world, "PATCH", url, "asha", {"name": "House"})).json()["name"] == "House"
    set_role(world, tea, "viewer")
    assert code(await call(world, "PATCH", url, body={"name": "Hut"})) == (403, "role_insufficient")
    assert code(await call(world, "DELETE", url)) == (403, "role_insufficient")
    set_role(world, tea, None)
    assert code(await call(world, "DELETE", url)) == (404, "not_found")
    assert (await call(world, "DELETE", url, "asha")).status_code == 204


async def test_a_teams_key_is_managed_by_its_admins_alone(world: World, tea: UUID) -> None:
    made = await call(world, "POST", "/user/api-keys", "asha", {"name": "Bot"}, **{HEADER: str(tea)})
    url = f"/user/api-keys/{made.json()['id']}"
    requests = [
        ("PATCH", url, {"name": "Bee"}),
        ("POST", f"{url}/rotate", {"overlap_seconds": 0}),
        ("DELETE", url, None),
    ]
    for role, expected in [("member", (403, "role_insufficient")), (None, (404, "not_found"))]:
        set_role(world, tea, role)
        for method, path, body in [*requests, ("GET", f"{url}/usage", None)]:
            assert code(await call(world, method, path, body=body)) == expected

    for method, path, body in requests:
        assert (await call(world, method, path, "asha", body)).is_success


async def test_an_admin_narrows_and_revokes_the_owners_key_and_gets_no_more_of_it(world: World, tea: UUID) -> None:
    set_role(world, tea, "admin")
    fields = {
        "name": "Bot",
        "scopes": ["chat", "models"],
        "models": ["openai/*"],
        "expires_at": "2999-01-01T00:00:00Z",
        "budget": {"micro_usd": 500, "window": "day"},
        "limits": {"requests_per_minute": 10, "parallel": 2},
        "ip_ranges": ["10.0.0.0/8", "192.0.2.7"],
    }
    made = await call(world, "POST", "/user/api-keys", "asha", fields, **{HEADER: str(tea)})
    url = f"/user/api-keys/{made.json()['id']}"
    (listed,) = (await call(world, "GET", "/user/api-keys", **{HEADER: str(tea)})).json()["items"]
    assert listed["made_by"] == {"user_id": str(world.people["asha"]), "name": "asha"}

    wider: list[tuple[str, str, Any]] = [
        ("POST", f"{url}/rotate", {"overlap_seconds": 60}),
        ("PATCH", url, {"scopes": ["chat", "conversations:read"]}),
        ("PATCH", url, {"models": None}),
        ("PATCH", url, {"models": ["openai/*", "meta/*"]}),
        ("PATCH", url, {"expires_at": None}),
        ("PATCH", url, {"expires_at": "2999-01-02T00:00:00Z"}),
        ("PATCH", url, {"budget": None}),
        ("PATCH", url, {"budget": {"micro_usd": 501, "window": "day"}}),
        ("PATCH", url, {"budget": {"micro_usd": 500, "window": "total"}}),
        ("PATCH", url, {"limits": {"requests_per_minute": 10}}),
        ("PATCH", url, {"limits": {"requests_per_minute": 11, "parallel": 2}}),
        ("PATCH", url, {"ip_ranges": None}),
        ("PATCH", url, {"ip_ranges": ["10.1.0.0/16", "0.0.0.0/0"]}),
    ]
    for method, path, body in wider:
        assert code(await call(world, method, path, body=body)) == (403, "forbidden"), body

    narrower = {
        "name": "Bee",
        "scopes": ["chat"],
        "expires_at": "2998-01-01T00:00:00Z",
        "budget": {"micro_usd": 499, "window": "day"},
        "limits": {"requests_per_minute": 9, "parallel": 2, "tokens_per_minute": 100},
        "ip_ranges": ["10.1.0.0/16", "192.0.2.7"],
    }
    narrowed = await call(world, "PATCH", url, body=narrower)
    assert (narrowed.status_code, narrowed.json()["scopes"]) == (200, ["chat"])
    assert (await call(world, "POST", f"{url}/rotate", "asha", {"overlap_seconds": 0})).is_success
    assert (await call(world, "PATCH", url, "asha", {"scopes": ["chat", "models"]})).is_success
    assert (await call(world, "DELETE", url)).status_code == 204
    # The team's log has each of them, also without the header.
    recorded = world.database.rows(
        "select action, actor::uuid, workspace_id from oneai.audit_log where action like 'api_key.%%' order by id"
    )
    asha, ravi = world.people["asha"], world.people["ravi"]
    assert recorded == [
        ("api_key.create", asha, tea),
        ("api_key.update", ravi, tea),
        ("api_key.rotate", asha, tea),
        ("api_key.update", asha, tea),
        ("api_key.revoke", ravi, tea),
    ]


async def test_the_workspace_of_the_header_pays_for_a_new_conversation(world: World, tea: UUID) -> None:
    headers = world.headers("ravi", **{HEADER: str(tea)})

    answer = await world.http.post("/chat/stream", json={"message": "Hello"}, headers=headers)

    assert answer.is_success
    paid = world.database.rows("select workspace_id, user_id from oneai.usage_events")
    assert paid == [(tea, world.people["ravi"])]
    assert world.database.rows("select workspace_id from oneai.conversations") == [tea]


async def test_a_conversation_named_without_the_header_is_paid_by_its_workspace(world: World, tea: UUID) -> None:
    headers = world.headers("ravi", **{HEADER: str(tea)})
    await world.http.post("/chat/stream", json={"message": "Hello"}, headers=headers)
    conversation = str(world.database.one("select id from oneai.conversations"))

    again = await world.ask("And then?", "ravi", conversation_id=conversation)
    own = world.headers("ravi", **{HEADER: str(world.people["ravi"])})
    body = {"message": "Here?", "conversation_id": conversation}
    elsewhere = await world.http.post("/chat/stream", json=body, headers=own)

    assert again.last
    assert code(elsewhere) == (404, "not_found")
    assert set(world.database.rows("select workspace_id from oneai.usage_events")) == {tea}


async def test_answers_in_a_teams_conversation_quote_the_teams_documents(world: World, tea: UUID) -> None:
    document = add_document(world, workspace=tea)
    headers = world.headers("ravi", **{HEADER: str(tea)})
    await world.http.post("/chat/stream", json={"message": "Hello"}, headers=headers)
    conversation = str(world.database.one("select id from oneai.conversations"))

    answer = await world.ask("What is the rent?", "ravi", conversation_id=conversation, documents=[document])

    found = [data for name, data, _ in answer.events if name == "sources"]
    assert {each["document_id"] for each in found[0]["sources"]} == {document}


@pytest.mark.parametrize(("role", "expected"), [("viewer", (403, "role_insufficient")), (None, (404, "not_found"))])
async def test_a_former_member_or_viewer_cannot_ask_in_the_teams_conversation(
    world: World, tea: UUID, role: str | None, expected: tuple[int, str]
) -> None:
    headers = world.headers("ravi", **{HEADER: str(tea)})
    await world.http.post("/chat/stream", json={"message": "Hello"}, headers=headers)
    conversation = str(world.database.one("select id from oneai.conversations"))
    set_role(world, tea, role)
    body = {"message": "And then?", "conversation_id": conversation}

    assert code(await world.post("/chat/stream", body, "ravi")) == expected
    assert code(await world.post("/quota/quote", body, "ravi")) == expected
    assert world.database.one("select count(*) from oneai.usage_events") == 1
