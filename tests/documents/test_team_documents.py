"""Documents of a team: members read them, author and admins change them, private ones are the author's alone."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.api_keys.keys import code
from tests.chat.documents import CONTRACT, add_document, sources
from tests.documents.searching import RENT, insert_document
from tests.workspaces.teams import in_workspace, insert_team, remove_member
from tests.world import World


def make_team(world: World) -> UUID:
    """A team of asha, with ravi as a member, meera as an admin and tara as a viewer; lata is a stranger."""
    for name in ("meera", "tara", "lata"):
        world.people[name] = world.database.user(f"{name}@example.com")
    members = {role: world.people[who] for role, who in (("member", "ravi"), ("admin", "meera"), ("viewer", "tara"))}
    return insert_team(world.database, world.people["asha"], tier="team", seats=5, **members)


async def call(world: World, who: str, method: str, path: str, body: Any = None) -> httpx.Response:
    """A request of `who` without a header."""
    return await world.http.request(method, path, json=body, headers=world.headers(who))


async def talk_in(world: World, team: UUID, who: str) -> str:
    """A new conversation in the team; its id."""
    made = await in_workspace(world, team, "POST", "/conversations", {"title": "Rent"}, who=who)
    return str(made.json()["id"])


async def statuses(world: World, method: str, path: str, body: Any = None) -> list[tuple[int, str | None]]:
    """What ravi, tara, meera and asha get, in this order: status and required role."""
    answers = [await call(world, who, method, path, body) for who in ("ravi", "tara", "meera", "asha")]
    refusals = [each.json()["error"] if each.is_error else {} for each in answers]
    return [(each.status_code, refusal.get("required_role")) for each, refusal in zip(answers, refusals, strict=True)]


async def listed(world: World, who: str, team: UUID, path: str = "/documents") -> set[str]:
    """The names that a member lists in the team."""
    return {each["name"] for each in (await in_workspace(world, team, "GET", path, who=who)).json()["items"]}


async def test_author_and_admins_change_what_is_the_teams(world: World) -> None:
    team = make_team(world)
    theirs = add_document(world, who="ravi", workspace=team)
    others = add_document(world, who="asha", workspace=team)
    made = await in_workspace(world, team, "POST", "/collections", {"name": "Flat"}, who="asha")
    collection = f"/collections/{made.json()['id']}"
    ok, viewer, member = (200, None), (403, "member"), (403, "admin")

    for method in ("PUT", "PATCH"):
        assert await statuses(world, method, f"/documents/{theirs}", {"tags": ["flat"]}) == [ok, member, ok, ok]
        assert await statuses(world, method, f"/documents/{others}", {"tags": ["flat"]}) == [member, member, ok, ok]
    assert await statuses(world, "PATCH", collection, {"name": "House"}) == [member, member, ok, ok]
    assert await statuses(world, "POST", f"/documents/{others}/reprocess") == [member, member, (202, None), (202, None)]
    assert viewer not in await statuses(world, "GET", f"/documents/{others}")
    bulk = await call(world, "ravi", "POST", "/documents/bulk", {"ids": [theirs, others], "action": "delete"})
    assert [each["status"] for each in bulk.json()["results"]] == ["ok", "not_found"]
    read = (await call(world, "tara", "GET", f"/documents/{others}")).json()
    assert (read["workspace_id"], read["visibility"], read["author"]["user_id"]) == (
        *(str(team), "workspace", str(world.people["asha"])),
    )


async def test_a_private_document_is_its_authors_alone(world: World) -> None:
    team = make_team(world)
    document = add_document(world, who="ravi", workspace=team, name="salary.pdf", private=True)
    there = f"/documents/{document}"

    for path in ("", "/chunks", "/stats", "/download"):
        answers = [(await call(world, who, "GET", f"{there}{path}")).status_code for who in ("meera", "asha", "tara")]
        assert answers == [404] * 3
    for method, path, body in [
        ("PATCH", "", {"visibility": "workspace"}),
        ("POST", "/reprocess", None),
        ("POST", "/summary", None),
        ("DELETE", "", None),
    ]:
        assert code(await call(world, "asha", method, f"{there}{path}", body)) == (404, "not_found")
    bulk = {"ids": [document], "action": "delete"}
    assert (await call(world, "asha", "POST", "/documents/bulk", bulk)).json()["results"][0]["status"] == "not_found"
    assert await listed(world, "asha", team) == set()
    assert await listed(world, "ravi", team) == {"salary.pdf"}
    for who, found in (("asha", 0), ("ravi", 1)):
        page = await in_workspace(world, team, "GET", "/documents/search", who=who, q="rent a month")
        assert len({each["document_id"] for each in page.json()["items"]}) == found
    # Its size counts for the team, whose owner may not read it.
    status = (await in_workspace(world, team, "GET", "/quota/status")).json()
    assert status["storage"]["used_bytes"] >= 1000

    shown = await call(world, "ravi", "PATCH", there, {"visibility": "workspace"})
    assert (shown.status_code, shown.json()["visibility"]) == (200, "workspace")
    assert code(await call(world, "asha", "PATCH", there, {"visibility": "private"})) == (403, "forbidden")
    assert await listed(world, "tara", team) == {"salary.pdf"}


async def test_a_private_document_answers_only_its_author_and_shows_in_no_link(world: World) -> None:
    team = make_team(world)
    document = add_document(world, who="ravi", workspace=team, name="salary.pdf")
    talk = await talk_in(world, team, "asha")
    asked = await world.ask("What is the rent?", "asha", documents=[document], conversation_id=talk)
    assert {each["document_id"] for each in sources(asked)} == {document}
    share = {"kind": "live", "show_sources": True}
    link = (await call(world, "asha", "POST", f"/conversations/{talk}/share", share)).json()["url"].rpartition("/")[2]
    assert "salary.pdf" in (await world.http.get(f"/shared/{link}")).text

    assert (await call(world, "ravi", "PATCH", f"/documents/{document}", {"visibility": "private"})).is_success

    assert "salary.pdf" not in (await world.http.get(f"/shared/{link}")).text
    again = await world.ask("And the notice?", "asha", conversation_id=talk)
    assert "sources" not in again.names
    refused = await world.ask("And now?", "asha", conversation_id=talk, documents=[document])
    assert (refused.status, refused.code) == (404, "not_found")
    # Members read what ravi shares without the quotations of what only ravi reads.
    talk = await talk_in(world, team, "ravi")
    own = await world.ask("What is my rent?", "ravi", documents=[document], conversation_id=talk)
    assert {each["document_id"] for each in sources(own)} == {document}
    assert (await call(world, "ravi", "PATCH", f"/conversations/{talk}", {"visibility": "workspace"})).is_success
    for who, shown in (("ravi", True), ("tara", False)):
        assert (CONTRACT[0] in (await call(world, who, "GET", f"/conversations/{talk}/messages")).text) is shown


async def test_documents_of_a_private_collection_are_private(world: World) -> None:
    team = make_team(world)

    async def collect(who: str, body: dict[str, Any]) -> httpx.Response:
        return await in_workspace(world, team, "POST", "/collections", body, who=who)

    made = (await collect("ravi", {"name": "Mine", "visibility": "private"})).json()
    where = f"/collections/{made['id']}"
    # The name of what asha cannot see is not taken for her.
    assert (await collect("asha", {"name": "mine"})).status_code == 201
    assert await listed(world, "asha", team, "/collections") == {"mine"}
    assert code(await call(world, "asha", "PATCH", where, {"name": "Hers"})) == (404, "not_found")
    theirs, others = (add_document(world, who=who, workspace=team, name=f"{who}.pdf") for who in ("ravi", "asha"))
    put = {"collection_id": made["id"]}

    moved = await call(world, "ravi", "PATCH", f"/documents/{theirs}", put)
    assert (moved.json()["visibility"], moved.json()["collection_id"]) == ("private", made["id"])
    assert code(await call(world, "asha", "PATCH", f"/documents/{others}", put)) == (404, "not_found")
    upload = {"name": "new.pdf", "type": "application/pdf", "size": 10, **put}
    assert (await in_workspace(world, team, "POST", "/documents", upload, who="ravi")).status_code == 201
    assert await listed(world, "asha", team) == {"asha.pdf"}
    refused = await in_workspace(world, team, "POST", "/documents", upload, who="asha")
    assert code(refused) == (404, "not_found")

    shared = await call(world, "ravi", "PATCH", f"/documents/{theirs}", {"visibility": "workspace"})
    assert (shared.json()["visibility"], shared.json()["collection_id"]) == ("workspace", None)
    assert (await call(world, "ravi", "PATCH", where, {"visibility": "workspace", "name": "Ours"})).is_success
    assert await listed(world, "asha", team) == {"asha.pdf", "ravi.pdf", "new.pdf"}
    assert (await call(world, "asha", "PATCH", f"/documents/{others}", put)).is_success
    assert code(await call(world, "asha", "PATCH", where, {"visibility": "private"})) == (403, "forbidden")
    assert (await call(world, "ravi", "PATCH", where, {"visibility": "private"})).is_success
    assert await listed(world, "asha", team) == {"asha.pdf", "ravi.pdf"}
    assert (await call(world, "asha", "GET", f"/documents/{others}")).json()["collection_id"] is None


async def test_uploads_belong_to_the_workspace_of_the_request(world: World) -> None:
    team = make_team(world)
    new = {"name": "rent.pdf", "type": "application/pdf", "size": 100}
    upload = await in_workspace(world, team, "POST", "/uploads", new, who="ravi")
    assert f"/documents/{team}/{upload.json()['upload_id']}" in upload.json()["url"]
    there = f"/uploads/{upload.json()['upload_id']}"

    assert (await call(world, "ravi", "GET", there)).status_code == 200
    assert (await call(world, "asha", "GET", there)).status_code == 404
    assert code(await in_workspace(world, team, "POST", "/uploads", new, who="tara")) == (403, "role_insufficient")
    attached = add_document(world, who="ravi", workspace=team, attached=True)
    along = [{"type": "file", "upload_id": attached}]
    talk = await talk_in(world, team, "asha")
    stolen = await world.ask("What is it?", "asha", attachments=along, conversation_id=talk)
    assert (stolen.status, stolen.code) == (422, "invalid_request")
    talk = await talk_in(world, team, "ravi")
    assert (await world.ask("What is it?", "ravi", attachments=along, conversation_id=talk)).status == 200
    read = [(await call(world, "asha", "GET", f"/documents/{attached}")).status_code]
    await call(world, "ravi", "PATCH", f"/conversations/{talk}", {"visibility": "workspace"})
    read += [(await call(world, "asha", "GET", f"/documents/{attached}")).status_code]
    await call(world, "ravi", "PATCH", f"/conversations/{talk}", {"visibility": "private"})
    assert [*read, (await call(world, "asha", "GET", f"/documents/{attached}")).status_code] == [404, 200, 404]


async def test_a_named_document_is_searched_in_its_own_workspace(world: World) -> None:
    team = make_team(world)
    document = await insert_document(world.database, team, [RENT])

    async def found(who: str, **headers: str) -> int:
        params = {"q": "rent", "document_id": str(document)}
        asked = await world.http.get("/documents/search", params=params, headers=world.headers(who) | headers)
        return len(asked.json()["items"])

    assert [await found(who) for who in ("ravi", "tara", "lata")] == [1, 1, 0]
    assert await found("ravi", **{"oneai-workspace": str(world.people["ravi"])}) == 0
    remove_member(world.database, team, world.people["ravi"])
    assert await found("ravi") == 0


@pytest.mark.parametrize("private", [True, False])
async def test_what_an_erased_member_made_private_goes_with_them(world: World, private: bool) -> None:
    team = make_team(world)
    document = add_document(world, who="ravi", workspace=team, private=private)

    world.database.rows("delete from auth.users where id = %s", world.people["ravi"])

    left = world.database.rows("select id from oneai.documents where workspace_id = %s", team)
    assert left == ([] if private else [UUID(document)])
