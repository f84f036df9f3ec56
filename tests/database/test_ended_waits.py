"""What ends the wait of a visitor's conversation: a time, or that no member takes it."""

from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from tests.database.visited_chatbots import VisitedChatbot
from tests.inbox.talks import insert_talk
from tests.workspaces.teams import insert_team, remove_member
from tests.world import Database

RETURN = "select oneai.return_untaken_conversations(500)"


def _read(database: Database, website: VisitedChatbot, talk: str) -> dict[str, Any]:
    visitor = database.one("select visitor_id from oneai.inbox_conversations where conversation_id = %s", talk)
    read: dict[str, Any] = database.one(
        "select oneai.visitor_messages(%s, %s, %s, 0)", website.public_id, visitor, talk
    )
    return read


def test_a_conversation_that_no_member_takes_returns_to_its_chatbot(database: Database, asha: UUID, ravi: UUID) -> None:
    team = insert_team(database, asha, tier="pro", member=ravi)
    first, never = (VisitedChatbot.insert(database, team, {}) for _ in range(2))
    database.rows(
        "update oneai.chatbot_versions set configuration = jsonb_set(configuration, '{handoff}', %s) "
        "where chatbot_id = %s",
        *(Jsonb({"return_after_minutes": None}), never.id),
    )
    untaken, taken, resting, forever = (insert_talk(database, each.id, "Hi") for each in (first, first, first, never))
    for talk in (untaken, taken, resting, forever):
        database.rows("select oneai.hand_off(%s, 'visitor')", talk)
    database.rows("select oneai.claim_conversation(%s, %s)", ravi, taken)
    change = (
        "update oneai.inbox_conversations set status = 'snoozed', status_before = 'open', snoozed_until = "
        "case when %s then oneai.now() end where conversation_id = %s"
    )
    for talk in (resting, untaken):
        database.rows(change, talk == untaken, talk)
    assert database.one("select oneai.wake_snoozed()") == 1

    database.advance(24 * 3600 - 60)
    assert database.one(RETURN) == 0
    database.advance(120)
    assert [database.one(RETURN) for _ in range(2)] == [1, 0]
    read = _read(database, first, untaken)
    assert (read["status"], read["person"]) == ("bot", None)
    assert [each["kind"] for each in read["events"]] == ["handed_off", "returned"]
    statuses = "select status from oneai.inbox_conversations where conversation_id = any(%s::uuid[])"
    assert database.rows(statuses, [taken, forever]) == ["open", "open"]
    assert database.rows(statuses, [resting]) == ["snoozed"]

    # A member without a name has that of the team; who leaves it lets the visitor wait again, from now on.
    database.rows("update oneai.users set name = null where id = %s", ravi)
    name = database.one("select name from oneai.workspaces where id = %s", team)
    assert _read(database, first, taken)["person"] == name
    remove_member(database, team, ravi)
    read = _read(database, first, taken)
    assert (read["status"], read["person"]) == ("open", None)
    assert [(each["kind"], each["name"]) for each in read["events"]] == [
        *(("handed_off", None), ("claimed", name), ("unassigned", None)),
    ]
    assert database.one(RETURN) == 0
    database.advance(24 * 3600 + 60)
    assert database.one(RETURN) == 1
    assert _read(database, first, taken)["status"] == "bot"
