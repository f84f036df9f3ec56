"""Events: stored with their causes, taken at least once, mailed once."""

from uuid import UUID, uuid4

import psycopg

from tests.database.conftest import TurnClients
from tests.database.visited_chatbots import VisitedChatbot
from tests.workspaces.teams import insert_team
from tests.world import Database

EVENTS = "select kind from oneai.workspace_events where workspace_id = %s order by id"
MAILS = (
    "select kind, user_id from oneai.outbox where kind in ('visitor_waiting', 'chatbot_away') order by kind, user_id"
)
TAKE = "select oneai.mail_about_events(500)"


async def test_what_happens_to_visitors_and_documents_is_an_event_without_their_words(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    team = insert_team(database, asha, tier="pro")
    website = VisitedChatbot.insert(database, team, {})
    (client,) = await clients(1)
    turn = await client.admit(uuid4(), visit=website.visit(0))
    await client.settle(turn.message_id, "We sell tea")
    visitor = website.visit(0).visitor
    await client.call("select oneai.ask_for_person(%s, %s, %s)", website.public_id, visitor, turn.conversation_id)
    await client.call("select oneai.write_to_visitor(%s, %s, %s, 'Hello')", asha, turn.conversation_id, uuid4())
    for _ in range(2):
        await client.call("select oneai.end_handoff(%s, %s, 'resolved')", asha, turn.conversation_id)
    await client.call(
        "select oneai.leave_lead(%s, %s, null, %s, 5, 'Mina', 'mina@example.com', 'Call me')",
        *(website.public_id, visitor, b"network"),
    )
    for status, attached in (("ready", False), ("failed", False), ("ready", True)):
        document = uuid4()
        database.rows(
            "insert into oneai.documents (id, workspace_id, user_id, name, media_type, size, attached, visibility, "
            "upload_expires_at) values (%s, %s, %s, 'Letter', 'text/plain', 5, %s, 'private', oneai.now())",
            *(document, team, asha, attached),
        )
        for _ in range(2):
            database.rows(
                "update oneai.documents set status = %s, problem = 'No words in it' where id = %s", status, document
            )
    assert database.rows(EVENTS, team) == [
        *("message.arrived", "conversation.handed_off", "conversation.resolved", "lead.left"),
        *("document.ready", "document.failed"),
    ]
    stored = str(database.rows("select e::text from oneai.workspace_events as e"))
    assert not [word for word in ("Mina", "mina@", "Call", "Hello", "tea", "Letter", str(asha)) if word in stored]


async def test_an_event_is_mailed_once_if_its_reader_is_killed_or_runs_twice(
    database: Database, clients: TurnClients, asha: UUID, ravi: UUID
) -> None:
    team = insert_team(database, asha, tier="pro", member=ravi)
    website = VisitedChatbot.insert(database, team, {"answers_per_day": 0})
    client, second = await clients(2)
    for _ in range(3):
        database.rows(
            "select oneai.note_spent_budget(w, %s, 'day', false) from oneai.workspaces as w where id = %s",
            *(website.id, team),
        )
    database.rows(
        "with visitor as (insert into oneai.chatbot_visitors (id, chatbot_id, workspace_id) values "
        "(gen_random_uuid(), %s, %s) returning *) insert into oneai.conversations (visitor_id, chatbot_id, "
        "workspace_id) select id, chatbot_id, workspace_id from visitor",
        *(website.id, team),
    )
    database.rows("select oneai.hand_off(conversation_id, 'visitor') from oneai.inbox_conversations")
    assert database.rows(EVENTS, team) == ["budget.spent", "conversation.handed_off"]
    with psycopg.connect(database.url("oneai_app")) as killed:
        assert killed.execute(TAKE).fetchone() == (2,)
        # While one run takes them, another one waits for nothing and takes nothing.
        assert await client.call(TAKE) == 0
        killed.rollback()
    assert database.rows(MAILS) == []

    assert [await client.call(TAKE), await second.call(TAKE)] == [2, 0]
    expected = [("chatbot_away", asha), *(("visitor_waiting", each) for each in sorted((asha, ravi)))]
    assert database.rows(MAILS) == expected
    # Read again, as by a reader that forgot: the keys of the mail hold.
    database.rows("update oneai.outbox set state = 'skipped'")
    database.rows("update oneai.workspace_events set unread_by = array['mail']")
    assert await client.call(TAKE) == 2
    assert database.rows(MAILS) == expected
