"""Visitors ask for people, who take over from the chatbot and give back."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx

from tests.chatbots.visitors import Website
from tests.workspaces.teams import insert_team, refusal, remove_member
from tests.world import World

BUDGETS = (
    "select period, answers, micro_usd from oneai.chatbot_budgets where chatbot_id = %s and period = 'day' "
    "and micro_usd > 0"
)


async def _said(website: Website, visitor: dict[str, str], talk: str) -> dict[str, Any]:
    read: dict[str, Any] = (await website.get(visitor, f"conversations/{talk}")).json()
    return read


async def _member(world: World, who: str, talk: str, action: str, body: Any = None) -> httpx.Response:
    return await world.post(f"/inbox/conversations/{talk}/{action}", body, who)


async def _model_reads_where_people_spoke(world: World) -> None:
    """The last prompt has a mark where a person's words begin and one where they end."""
    prompt = [each["content"] for each in (await world.sent_upstream())[-1]["messages"] if each["role"] != "system"]
    assert prompt[2].startswith("[From here, a person of the team answers the visitor.]\nI want a person")
    assert prompt[4] == "Hello, I am Meera.\n[The person has left. From here, you answer again.]"
    assert not any("[" in each for each in (prompt[0], prompt[3], prompt[5]))


async def test_people_answer_an_open_conversation_and_give_it_back(shared: World) -> None:
    owner, member, viewer, stranger = [shared.newcomer() for _ in range(4)]
    people = shared.people
    team = insert_team(shared.database, people[owner], tier="team", member=people[member], viewer=people[viewer])
    shared.database.rows("update oneai.users set name = 'Meera' where id = %s", people[member])
    website = Website.of_workspace(shared, team)
    visitor, other = await website.visitor(), await website.visitor()
    talk = (await website.ask(visitor, "What do you sell?")).start["conversation_id"]
    used = shared.database.rows(BUDGETS, website.chatbot)

    assert (await website.post(other, f"conversations/{talk}/handoff")).status_code == 404
    for _ in range(2):
        asked = await website.post(visitor, f"conversations/{talk}/handoff")
        assert (asked.status_code, asked.json()) == (200, {"status": "open"})
    message = {"message": "I want a person", "conversation_id": talk, "message_id": str(uuid4())}
    for _ in range(2):
        stored = await website.post(visitor, "chat", message)
        assert (stored.status_code, stored.json()) == (202, {"message_id": message["message_id"], "status": "open"})
    taken = await website.post(visitor, "chat", message | {"message": "Another one"})
    assert refusal(taken) == (409, "idempotency_conflict")
    # Neither held nor charged, also while the chatbot is paused.
    shared.database.rows("update oneai.chatbots set status = 'paused' where id = %s", website.chatbot)
    assert (await website.post(visitor, "chat", message | {"message_id": str(uuid4())})).status_code == 202
    shared.database.rows("update oneai.chatbots set status = 'published' where id = %s", website.chatbot)
    assert shared.database.rows(BUDGETS, website.chatbot) == used

    for who, refused in ((viewer, (403, "role_insufficient")), (stranger, (404, "not_found"))):
        assert refusal(await _member(shared, who, talk, "claim")) == refused
        assert refusal(await _member(shared, who, talk, "messages", {"content": "Hi"})) == refused
    for _ in range(2):
        claimed = (await _member(shared, member, talk, "claim")).json()
        assert claimed == {"id": talk, "status": "open", "assignee": {"user_id": str(people[member]), "name": "Meera"}}
    for action, body in (("claim", None), ("messages", {"content": "Hi"})):
        late = await _member(shared, owner, talk, action, body)
        assert (refusal(late), late.json()["error"]["assignee"]["name"]) == ((409, "claimed"), "Meera")
    reply = {"content": "Hello, I am Meera.", "message_id": str(uuid4())}
    sent = [(await _member(shared, member, talk, "messages", reply)) for _ in range(2)]
    assert [each.status_code for each in sent] == [201, 201]
    assert sent[0].json() == sent[1].json()
    changed = await _member(shared, member, talk, "messages", reply | {"content": "Not the same"})
    assert refusal(changed) == (409, "idempotency_conflict")

    for _ in range(2):
        assert (await _member(shared, member, talk, "release")).json() == {
            "id": talk,
            "status": "bot",
            "assignee": None,
        }
    again = await website.ask(visitor, "And how much is it?", conversation_id=talk)
    assert again.last["state"] == "complete"
    read = await _said(website, visitor, talk)
    authors = [(each["author"]["kind"], each["author"]["name"]) for each in read["items"]]
    assert authors == [
        *(("visitor", None), ("bot", "Help"), ("visitor", None), ("visitor", None), ("member", "Meera")),
        *(("visitor", None), ("bot", "Help")),
    ]
    assert (read["status"], read["person"]) == ("bot", None)
    assert [(each["kind"], each["name"], each["after"]) for each in read["events"]] == [
        ("handed_off", None, 2),
        ("claimed", "Meera", 4),
        ("released", "Meera", 5),
    ]
    await _model_reads_where_people_spoke(shared)

    # Who leaves the team has no conversation any more; who resolves it ends it.
    assert (await _member(shared, member, talk, "messages", {"content": "One more thing"})).status_code == 201
    remove_member(shared.database, team, people[member])
    read = await _said(website, visitor, talk)
    assert (read["status"], read["person"]) == ("open", None)
    assert refusal(await _member(shared, member, talk, "claim")) == (404, "not_found")
    resolved = await _member(shared, owner, talk, "resolve")
    assert resolved.json() == {"id": talk, "status": "resolved", "assignee": None}


async def test_a_member_stops_the_answer_which_is_settled_as_it_stands(shared: World) -> None:
    who = shared.newcomer()
    website = _slow_website(shared, who)
    visitor = await website.visitor()
    async with website.asking(visitor) as stream:
        await stream.next()
        await stream.next()
        talk, message = (stream.result.start[name] for name in ("conversation_id", "message_id"))
        assert (await _member(shared, who, talk, "messages", {"content": "I take over."})).status_code == 201
        waiting = await website.post(visitor, "chat", {"message": "Who are you?", "conversation_id": talk})
        assert waiting.status_code == 202
        await stream.to_the_end()
    assert stream.result.last["state"] == "stopped"
    items = (await _said(website, visitor, talk))["items"]
    assert [(each["author"]["kind"], each["state"]) for each in items] == [
        *(("visitor", "complete"), ("bot", "stopped"), ("member", "complete"), ("visitor", "complete")),
    ]
    assert items[1]["content"] == stream.result.text != ""
    _charged_once(website, who, message)


async def test_a_visitor_who_asks_for_a_person_stops_the_answer_which_is_charged_once(shared: World) -> None:
    who = shared.newcomer()
    website = _slow_website(shared, who)
    visitor = await website.visitor()
    async with website.asking(visitor) as stream:
        await stream.next()
        await stream.next()
        talk, message = (stream.result.start[name] for name in ("conversation_id", "message_id"))
        pressed = await asyncio.gather(*(website.post(visitor, f"conversations/{talk}/handoff") for _ in range(3)))
        assert [(each.status_code, each.json()) for each in pressed] == [(200, {"status": "open"})] * 3
        written = {"message": "Is anyone there?", "conversation_id": talk, "message_id": str(uuid4())}
        stored = await asyncio.gather(*(website.post(visitor, "chat", written) for _ in range(2)))
        assert [each.status_code for each in stored] == [202, 202]
        await stream.to_the_end()
    assert stream.result.last["state"] == "stopped"
    assert (await website.post(visitor, f"conversations/{talk}/handoff")).json() == {"status": "open"}

    read = await _said(website, visitor, talk)
    assert [(each["author"]["kind"], each["state"], each["number"]) for each in read["items"]] == [
        *(("visitor", "complete", 1), ("bot", "stopped", 2), ("visitor", "complete", 3)),
    ]
    # What the visitor saw of the answer stays, and the sentence about people stands after it.
    assert read["items"][1]["content"] == stream.result.text != ""
    assert [(each["kind"], each["after"]) for each in read["events"]] == [("handed_off", 2)]
    handed_off = (
        "select count(*) from oneai.workspace_events where subject_id = %s and kind = 'conversation.handed_off'"
    )
    assert shared.database.one(handed_off, talk) == 1
    _charged_once(website, who, message)


def _slow_website(world: World, who: str) -> Website:
    """A chatbot whose answers take a while."""
    website = Website.of(world, who)
    world.database.rows(
        'update oneai.chatbot_versions set configuration = configuration || \'{"model": "local/slow"}\' '
        "where chatbot_id = %s",
        website.chatbot,
    )
    return website


def _charged_once(website: Website, who: str, message: str) -> None:
    """The answer used one unit, and costs the same in the ledger and in the chatbot's budget."""
    database = website.world.database
    assert website.world.quota(who) == (1, 0)
    costs = database.rows("select cost_micro_usd from oneai.usage_events where message_id = %s", message)
    assert costs == [each for each in costs if each > 0]
    spent = "select micro_usd from oneai.chatbot_budgets where chatbot_id = %s and period = 'day'"
    assert database.one(spent, website.chatbot) == sum(costs) > 0
