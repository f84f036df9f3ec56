"""A member exports and erases what is stored about one visitor, and a workspace sees who read what."""

import json

import httpx
import pytest

from oneai.chatbots import analytics
from oneai.inbox import visitors
from tests.accounts.test_data_export import run_job
from tests.chatbots.made import insert_chatbot, insert_lead, insert_mail_address
from tests.inbox.talks import insert_talk
from tests.workspaces.teams import in_workspace, insert_team, refusal
from tests.world import World


async def test_a_visitor_is_exported_and_erased_at_all_chatbots_of_the_workspace(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, member, viewer = (world.newcomer() for _ in range(3))
    people, database = world.people, world.database
    team = insert_team(database, people[owner], tier="team", member=people[member], viewer=people[viewer])
    shop, blog, other = [insert_chatbot(database, team) for _ in range(3)]
    first = insert_talk(database, shop, "Hello", "At ten.", csat=5, csat_of="bot")
    second, strange = insert_talk(database, blog, "Me again"), insert_talk(database, other, "Someone else")
    for chatbot, email in ((shop, "Asha@example.com"), (blog, "asha@example.com"), (other, "ravi@example.com")):
        database.rows(
            "update oneai.chatbot_visitors set external_id = '7', email = %s, consent = 'Yes', "
            "consented_at = oneai.now() where chatbot_id = %s",
            *(email, chatbot),
        )
    insert_lead(database, shop, shop)
    for talk, address in ((first, "asha@mail.example"), (strange, "ravi@mail.example")):
        insert_mail_address(database, talk, address)
    visitor = database.one("select visitor_id::text from oneai.inbox_conversations where conversation_id = %s", first)

    async def send(method: str, below: str = "", who: str = member) -> httpx.Response:
        return await in_workspace(world, team, method, f"/inbox/visitors/{visitor}{below}", who=who)

    found = (await send("GET", "/export")).json()
    assert {talk["id"] for talk in found["conversations"]} == {first, second}
    said = [each["introduction"] for each in found["visitors"]]
    assert [(each["consent"], bool(each["consented_at"])) for each in said] == [("Yes", True)] * 2
    assert [lead["email"] for lead in found["leads"]] == ["lead@example.com"]
    (left_at,) = found["mail_addresses"]
    assert (left_at["conversation_id"], left_at["email"]) == (first, "asha@mail.example")
    assert left_at["confirmed_at"] is None
    database.rows("update oneai.visitor_mail_addresses set confirmed_at = asked_at")
    found = (await send("GET", "/export")).json()
    assert found["mail_addresses"] == [left_at | {"confirmed_at": left_at["asked_at"]}]
    monkeypatch.setattr(visitors, "DIRECT_BYTES", -1)
    accepted = await send("GET", "/export")
    assert accepted.status_code == 202
    await run_job()
    done = (await world.get(f"/exports/{accepted.json()['export_id']}", member)).json()
    async with httpx.AsyncClient() as browser:
        assert json.loads((await browser.get(done["url"])).content) == found

    figures = "select sum(amount) from oneai.chatbot_days where workspace_id = %s"
    await analytics.roll_up()
    counted = database.one(figures, team)
    assert counted > 0
    assert refusal(await send("DELETE", who=viewer)) == (403, "role_insufficient")
    assert (await send("DELETE")).status_code == 204
    for method, below in (("DELETE", ""), ("GET", "/export")):
        assert refusal(await send(method, below)) == (404, "not_found")
    left = "select conversation_id::text from oneai.inbox_conversations where workspace_id = %s"
    assert database.rows(left, team) == [strange]
    assert database.rows("select from oneai.chatbot_leads where workspace_id = %s", team) == []
    assert database.rows("select conversation_id::text from oneai.visitor_mail_addresses") == [strange]
    await analytics.roll_up()
    assert database.one(figures, team) == counted
    audited = "select detail ->> 'conversations' from oneai.audit_log where action = 'visitor.erase' and target_id = %s"
    assert database.rows(audited, visitor) == ["2"]
    # Files that have the visitor expire.
    assert (await world.get(f"/exports/{accepted.json()['export_id']}", member)).json()["state"] == "expired"


async def test_reading_is_audited_once_a_day_where_the_workspace_wants_it(shared: World) -> None:
    owner, member = shared.newcomer(), shared.newcomer()
    people, database = shared.people, shared.database
    team = insert_team(database, people[owner], tier="team", member=people[member])
    talk = insert_talk(database, insert_chatbot(database, team), "Hello")

    async def read(who: str) -> None:
        assert (await shared.get(f"/inbox/conversations/{talk}", who)).is_success

    reads = "select user_id from oneai.audit_log where action = 'inbox.read' and target_id = %s order by id"
    await read(member)
    assert database.rows(reads, talk) == []
    changed = await in_workspace(shared, team, "PATCH", f"/workspaces/{team}", {"audit_reading": True}, who=owner)
    assert changed.json()["audit_reading"] is True
    for who in (member, member, owner):
        await read(who)
    assert database.rows(reads, talk) == [people[member], people[owner]]
    database.advance(24 * 3600)
    await read(member)
    assert len(database.rows(reads, talk)) == 3
