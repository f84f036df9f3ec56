"""What happens to chatbots when a plan ends, and when a deleted chatbot's days are over."""

import asyncio
from uuid import UUID, uuid4

from oneai.accounts.chatbot_erasure_job import erase_due_chatbots
from tests.chatbots.made import (
    insert_chatbot,
    insert_conversation,
    insert_document,
    insert_mail_address,
    name_documents,
)
from tests.workspaces.teams import in_workspace, insert_team, refusal
from tests.world import Database, World

DAY = 24 * 3600


def _states(database: Database, chatbots: list[str]) -> list[tuple[str, bool]]:
    """Status and whether the plan paused it, in this order."""
    return [
        database.rows("select status, paused_by_plan from oneai.chatbots where id = %s", chatbot)[0]
        for chatbot in chatbots
    ]


def _set_plan(database: Database, workspace: UUID, tier: str, chatbots: int | None = None) -> None:
    database.rows(
        "update oneai.workspaces set subscription_tier = %s, plan_limits = %s::jsonb where id = %s",
        *(tier, None if chatbots is None else f'{{"chatbots": {chatbots}}}', workspace),
    )


async def test_a_smaller_plan_pauses_the_newest_and_a_larger_one_resumes(world: World) -> None:
    database, owner = world.database, world.people["asha"]
    team = insert_team(database, owner, tier="team", seats=2)
    made = [insert_chatbot(database, team) for _ in range(4)]
    for age, chatbot in enumerate(reversed(made)):
        database.rows(
            "update oneai.chatbots set created_at = oneai.now() - %s * interval '1 hour' where id = %s", age, chatbot
        )
    answers, by_plan, by_member = ("published", False), ("paused", True), ("paused", False)
    database.rows("update oneai.chatbots set status = 'paused' where id = %s", made[1])

    _set_plan(database, team, "team", 2)
    assert _states(database, made) == [answers, by_member, answers, by_plan]
    _set_plan(database, team, "none")
    assert _states(database, made) == [by_plan, by_member, by_plan, by_plan]
    assert refusal(await world.post(f"/chatbots/{made[0]}/toggle", None)) == (409, "plan_publishes_no_chatbot")
    _set_plan(database, team, "team", 1)
    assert _states(database, made) == [answers, by_member, by_plan, by_plan]
    tried = await asyncio.gather(*(world.post(f"/chatbots/{each}/toggle", None) for each in made[1:]))
    assert {refusal(each) for each in tried} == {(409, "plan_publishes_no_chatbot")}

    assert (await world.post(f"/chatbots/{made[0]}/toggle", None)).json() == {"status": "paused"}
    tried = await asyncio.gather(*(world.post(f"/chatbots/{each}/toggle", None) for each in made[1:]))
    assert sorted(each.status_code for each in tried) == [200, 409, 409]
    _set_plan(database, team, "team", 3)
    states = _states(database, made)
    assert (states[0], states.count(answers)) == (by_member, 3 if states[1] == answers else 2)
    acts = database.rows("select distinct actor from oneai.audit_log where action = 'chatbot.resume'")
    assert set(acts) == {"plan", str(owner)}


async def test_a_deleted_chatbot_is_final_after_thirty_days_and_then_erased(world: World) -> None:
    database, owner = world.database, world.people["asha"]
    team = insert_team(database, owner, tier="team", member=world.people["ravi"])
    alone, with_documents, other = (insert_chatbot(database, team) for _ in range(3))
    own, shared, elsewhere, collected = (insert_document(database, team, owner) for _ in range(4))
    collection = database.one(
        "insert into oneai.collections (workspace_id, user_id, name) values (%s, %s, 'Teas') returning id", team, owner
    )
    database.rows("update oneai.documents set collection_id = %s where id = %s", collection, collected)
    name_documents(database, alone, own)
    name_documents(database, with_documents, own, shared, collected, uuid4())
    name_documents(database, other, shared)
    kept, unread = uuid4(), uuid4()
    for chatbot, talk in ((with_documents, kept), (alone, unread)):
        insert_conversation(database, chatbot, talk)
        insert_mail_address(database, talk, f"{talk}@mail.example")
    headers = world.headers()

    gone = await world.http.delete(f"/chatbots/{alone}?conversations=delete", headers=headers)
    assert gone.status_code == 204
    assert (await world.http.delete(f"/chatbots/{with_documents}?documents=delete", headers=headers)).is_success
    listed = await in_workspace(world, team, "GET", "/chatbots", deleted=True)
    assert {each["id"] for each in listed.json()["items"]} == {alone, with_documents}
    listed = await in_workspace(world, team, "GET", "/chatbots")
    assert [each["id"] for each in listed.json()["items"]] == [other]
    reads = f"/chatbots/{with_documents}/conversations"
    for path in ("conversations", f"conversations/{unread}", "leads"):
        assert refusal(await world.get(f"/chatbots/{alone}/{path}")) == (404, "chatbot_not_found")
    assert [each["id"] for each in (await world.get(reads, "ravi")).json()["items"]] == [str(kept)]
    assert await erase_due_chatbots(60) == {"deleted": 0, "failed": 0}
    database.advance(30 * DAY)
    for chatbot in (alone, with_documents):
        assert refusal(await world.post(f"/chatbots/{chatbot}/restore", None)) == (409, "deletion_final")
    # What another chatbot names stays, also if that one is deleted too and not erased yet.
    assert await erase_due_chatbots(60) == {"deleted": 2, "failed": 0}
    assert database.rows("select conversation_id from oneai.visitor_mail_addresses") == [kept]

    left = set(database.rows("select id from oneai.documents where workspace_id = %s", team))
    assert left == {shared, elsewhere, collected}
    assert refusal(await world.get(f"/chatbots/{alone}")) == (404, "chatbot_not_found")
    # Its conversation has not expired: members still read it, and the chatbot is erased after it.
    assert (await world.get(f"{reads}/{kept}", "ravi")).status_code == 200
    database.advance(DAY)
    assert await erase_due_chatbots(60) == {"deleted": 0, "failed": 0}
    database.rows("delete from oneai.chatbot_visitors where chatbot_id = %s", with_documents)
    assert await erase_due_chatbots(60) == {"deleted": 1, "failed": 0}
    assert database.rows("select id::text from oneai.chatbots where workspace_id = %s", team) == [other]
