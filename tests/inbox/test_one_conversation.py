"""Members change a visitor's conversation and write notes, and no one else does."""

from typing import Any
from uuid import uuid4

import httpx

from tests.chatbots.made import insert_chatbot, insert_conversation
from tests.chatbots.visitors import Website
from tests.inbox.talks import insert_talk
from tests.workspaces.teams import insert_team, refusal
from tests.world import World


async def test_members_change_a_conversation_and_add_notes(shared: World) -> None:
    (owner, member, viewer, stranger), people = [shared.newcomer() for _ in range(4)], shared.people
    team = insert_team(shared.database, people[owner], tier="team", member=people[member], viewer=people[viewer])
    chatbot = insert_chatbot(shared.database, team)
    visit = '{"language": "hi", "page": "https://tea.example.com/shop", "referrer": "https://a.example/"}'
    talk = insert_talk(shared.database, chatbot, "Do you ship?", "Yes.", visit=visit)
    path = f"/inbox/conversations/{talk}"

    async def send(method: str, body: Any = None, who: str = member, below: str = "") -> httpx.Response:
        return await shared.http.request(method, path + below, json=body, headers=shared.headers(who))

    read = (await send("GET")).json()
    assert [(each["author"]["kind"], each["content"]) for each in read["items"]] == [
        ("visitor", "Do you ship?"),
        ("bot", "Yes."),
    ]
    panel = read["visitor"]
    assert (panel["language"], panel["device"], panel["referrer"]) == ("hi", None, "https://a.example/")
    assert (panel["pages"], panel["conversations"]) == (["https://tea.example.com/shop"], [])

    script = "<script>alert(1)</script>"
    changed = (await send("PATCH", {"tags": ["vip"], "notes": script, "assignee_id": str(people[owner])})).json()
    assert (changed["tags"], changed["assignee"]["user_id"]) == (["vip"], str(people[owner]))
    ((note, author),) = [(each["content"], each["author"]["user_id"]) for each in changed["notes"]]
    assert (note, author) == (script, str(people[member]))
    body: Any
    for body, kept in (
        ({"status": "snoozed", "snoozed_until": "2099-01-01T00:00:00Z"}, ("snoozed", "2099-01-01T00:00:00Z")),
        ({"status": "open", "member_rating": 4}, ("open", None)),
        ({"status": "resolved", "assignee_id": None}, ("resolved", None)),
    ):
        changed = (await send("PATCH", body)).json()
        assert (changed["status"], changed["snoozed_until"]) == kept
    assert (changed["member_rating"], changed["assignee"], changed["tags"]) == (4, None, ["vip"])
    assert (changed["resolved_at"] is None, changed["handed_off_at"] is None) == (False, False)
    replaced = (await send("PUT", {"status": "bot"})).json()
    assert (replaced["status"], replaced["tags"], replaced["member_rating"]) == ("bot", [], None)
    assert len(replaced["notes"]) == 1

    await send("PATCH", {"status": "resolved"})
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"status": "snoozed"}, "status"),
        ({"assignee_id": str(people[viewer])}, "assignee_id"),
        ({"assignee_id": str(uuid4())}, "assignee_id"),
        ({"snoozed_until": "2099-01-01T00:00:00Z"}, "body"),
        ({"member_rating": 6}, "member_rating"),
        ({"csat": 5}, "csat"),
    )
    for body, field in wrong:
        answer = await send("PATCH", body)
        assert (answer.status_code, answer.json()["error"]["details"][0]["field"]) == (422, field), body

    # A rest ends at its time.
    for rest in ({"status": "open"}, {"status": "snoozed", "snoozed_until": "2020-01-01T00:00:00Z"}):
        await send("PATCH", rest)
    assert (await send("GET")).json()["status"] == "open"

    # A note is its author's, and the managers'.
    mine = (await send("POST", {"content": "Mine"}, below="/notes")).json()
    of_owner = (await send("POST", {"content": "Owner's"}, owner, "/notes")).json()
    assert (await send("PATCH", {"content": "Still mine"}, below=f"/notes/{mine['id']}")).json()[
        "content"
    ] == "Still mine"
    answer = await send("PATCH", {"content": "Not mine"}, below=f"/notes/{of_owner['id']}")
    assert refusal(answer) == (403, "role_insufficient")
    assert (await send("DELETE", who=owner, below=f"/notes/{mine['id']}")).status_code == 204
    assert refusal(await send("DELETE", who=owner, below=f"/notes/{mine['id']}")) == (404, "not_found")

    for who, code in ((viewer, (403, "role_insufficient")), (stranger, (404, "not_found"))):
        for method, sent in (("GET", None), ("PATCH", {"spam": True}), ("PUT", {"status": "bot"}), ("DELETE", None)):
            assert refusal(await send(method, sent, who)) == code
        assert refusal(await send("POST", {"content": "Hello"}, who, "/notes")) == code
    assert (await send("DELETE")).status_code == 204
    assert refusal(await send("GET")) == (404, "not_found")
    assert shared.database.one("select count(*) from oneai.inbox_notes where conversation_id = %s", talk) == 0


async def test_what_was_resolved_a_week_ago_is_followed_by_another_conversation(shared: World) -> None:
    website = Website.of(shared, shared.newcomer())
    visitor = await website.visitor()
    first = (await website.ask(visitor)).start
    for age, same in (("6 days", True), ("8 days", False)):
        shared.database.rows(
            "update oneai.inbox_conversations set status = 'resolved', resolved_at = oneai.now() - %s::interval "
            "where conversation_id = %s",
            *(age, first["conversation_id"]),
        )
        question = {"conversation_id": first["conversation_id"], "message_id": str(uuid4())}
        starts = [(await website.ask(visitor, **question)).start for _ in range(2)]
        assert starts[0]["conversation_id"] == starts[1]["conversation_id"]
        assert (starts[0]["conversation_id"] == first["conversation_id"]) == same


async def test_conversations_of_a_deleted_chatbot_are_in_no_inbox(shared: World) -> None:
    owner = shared.newcomer()
    chatbot = insert_chatbot(shared.database, shared.people[owner])
    talk = uuid4()
    insert_conversation(shared.database, chatbot, talk)
    for kept in ("delete", "keep"):
        shared.database.rows(
            "update oneai.chatbots set deletes_at = oneai.now(), conversations_kept = %s where id = %s",
            *(kept == "keep", chatbot),
        )
        listed = (await shared.get("/inbox/conversations", owner)).json()
        assert (len(listed["items"]), listed["counts"]["bot"]) == ((1, 1) if kept == "keep" else (0, 0))
        assert (await shared.get(f"/inbox/conversations/{talk}", owner)).status_code == (200 if kept == "keep" else 404)
