"""Members save filters of the inbox and texts that they send often."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from oneai.inbox.replies import fill
from tests.chatbots.made import insert_chatbot
from tests.inbox.talks import insert_talk
from tests.workspaces.teams import in_workspace, insert_team, refusal, remove_member
from tests.world import World


@pytest.fixture
def team(shared: World) -> tuple[UUID, str, str, str]:
    """A team with its owner, a member and a viewer."""
    owner, member, viewer = [shared.newcomer() for _ in range(3)]
    people = shared.people
    made = insert_team(shared.database, people[owner], tier="team", member=people[member], viewer=people[viewer])
    return made, owner, member, viewer


async def test_views_are_of_a_member_or_shared_and_hold_a_checked_filter(
    shared: World, team: tuple[UUID, str, str, str]
) -> None:
    workspace, owner, member, viewer = team

    async def send(method: str, path: str = "", body: Any = None, who: str = member) -> httpx.Response:
        return await in_workspace(shared, workspace, method, f"/inbox/views{path}", body, who=who)

    asked = {"status": "open", "tag": ["Order"], "from": "2026-11-01", "tz": "Asia/Kolkata", "sort": "oldest"}
    mine = (await send("POST", body={"name": "Mine", "filter": asked})).json()
    ours = (await send("POST", body={"name": "All", "filter": {}, "shared": True})).json()
    assert (mine["filter"], mine["shared"], ours["filter"], ours["shared"]) == (asked, False, {}, True)
    assert [each["name"] for each in (await send("GET")).json()["items"]] == ["All", "Mine"]
    assert [each["name"] for each in (await send("GET", who=owner)).json()["items"]] == ["All"]

    # Another member's own view does not exist; a shared one is everyone's.
    for method, body in (("PATCH", {"name": "Yours"}), ("DELETE", None)):
        assert refusal(await send(method, f"/{mine['id']}", body, owner)) == (404, "not_found")
        assert refusal(await send(method, f"/{ours['id']}", body, viewer)) == (403, "role_insufficient")
    changed = (await send("PATCH", f"/{mine['id']}", {"shared": True, "filter": {"q": "tea"}})).json()
    assert (changed["name"], changed["filter"], changed["shared"]) == ("Mine", {"q": "tea"}, True)
    assert (await send("PATCH", f"/{mine['id']}", {"shared": False}, owner)).json()["shared"] is False
    assert [each["name"] for each in (await send("GET")).json()["items"]] == ["All"]
    assert (await send("DELETE", f"/{ours['id']}", who=owner)).status_code == 204
    assert refusal(await send("GET", who=viewer)) == (403, "role_insufficient")

    for wrong in ({"stauts": "open"}, {"status": "none"}, {"from": "yesterday"}, {"sort": "best"}, {"cursor": "x"}):
        assert (await send("POST", body={"name": "Wrong", "filter": wrong})).status_code == 422, wrong
    shared.database.rows(
        "insert into oneai.inbox_views (workspace_id, user_id, name, filter) "
        "select %s, %s, 'View ' || n, '{}' from generate_series(1, 50) as n",
        *(workspace, shared.people[member]),
    )
    full = await send("POST", body={"name": "One more", "filter": {}})
    assert (full.status_code, full.json()["error"]["details"][0]["code"]) == (422, "too_many")
    remove_member(shared.database, workspace, shared.people[member])
    assert shared.database.one("select count(*) from oneai.inbox_views where workspace_id = %s", workspace) == 1


async def test_replies_are_found_by_their_start_and_filled_in_for_a_visitor(
    shared: World, team: tuple[UUID, str, str, str]
) -> None:
    workspace, owner, member, viewer = team
    chatbot = insert_chatbot(shared.database, workspace)
    talk = insert_talk(shared.database, chatbot, "Hello")
    shared.database.rows(
        "update oneai.chatbot_visitors set introduced_name = '[Asha](https://evil.example) {{member.name}}' "
        "where chatbot_id = %s",
        chatbot,
    )

    async def send(method: str, path: str = "", body: Any = None, who: str = member, **params: Any) -> httpx.Response:
        return await in_workspace(shared, workspace, method, f"/inbox/replies{path}", body, who=who, **params)

    text = "Hello {{ visitor.name }}, {{visitor.email|no address}} at **{{chatbot.name}}**"
    made = (await send("POST", body={"name": "/Hello", "content": text})).json()
    await send("POST", body={"name": "bye", "content": "Bye."})
    assert (made["name"], made["content"], made["filled"]) == ("Hello", text, None)
    (found,) = (await send("GET", prefix="hE", conversation_id=talk)).json()["items"]
    name = r"\[Asha\](https\://evil.example) {{member.name}}"
    assert found["filled"] == f"Hello {name}, no address at **Help**"
    assert len((await send("GET")).json()["items"]) == 2

    for wrong, field, code in (
        ({"name": "HELLO", "content": "Hi."}, "name", "repeated"),
        ({"name": "x", "content": "Hi {{vistor.name}}"}, "content", "unknown_variable"),
        ({"name": "/", "content": "Hi."}, "name", "empty"),
    ):
        answer = await send("POST", body=wrong)
        detail = answer.json()["error"]["details"][0]
        assert (answer.status_code, detail["field"], detail["code"]) == (422, field, code)
    changed = (await send("PATCH", f"/{made['id']}", {"content": "Hi."}, owner)).json()
    assert (changed["name"], changed["content"]) == ("Hello", "Hi.")
    for method, path, body in (("GET", "", None), ("PATCH", f"/{made['id']}", {"name": "x"})):
        assert refusal(await send(method, path, body, viewer)) == (403, "role_insufficient")
    assert (await send("DELETE", f"/{made['id']}")).status_code == 204
    assert refusal(await send("DELETE", f"/{made['id']}")) == (404, "not_found")


def test_a_value_in_a_reply_is_plain_text() -> None:
    text = "{{visitor.name|friend}}: {{visitor.email}}"

    assert fill(text, {"visitor.name": None}) == "friend: "
    values: dict[str, str | None] = {"visitor.name": "A\n# B <b>", "visitor.email": "www.a.example"}
    assert fill(text, values) == r"A \# B \<b\>: www\.a.example"
