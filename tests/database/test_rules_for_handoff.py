"""What hands a visitor's conversation to people by itself, and whom it notifies."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from tests.database.conftest import TurnClients
from tests.database.turns import TurnClient
from tests.database.visited_chatbots import VisitedChatbot
from tests.workspaces.teams import insert_team
from tests.world import Database

MAILS = "select user_id, state, problem from oneai.outbox where kind = 'visitor_waiting' order by created_at, user_id"


def _rules(database: Database, website: VisitedChatbot, **rules: Any) -> None:
    database.rows(
        "update oneai.chatbot_versions set configuration = jsonb_set(configuration, '{handoff}', %s) "
        "where chatbot_id = %s",
        *(Jsonb(rules), website.id),
    )


async def _answer(client: TurnClient, website: VisitedChatbot, talk: UUID | None, outcome: str) -> tuple[UUID, str]:
    """Answers a question with this outcome; the conversation, and its status afterwards."""
    turn = await client.admit(uuid4(), conversation=talk, visit=website.visit(0))
    await client.settle(turn.message_id, metadata={"outcome": outcome})
    return turn.conversation_id, _status(website.database, turn.conversation_id)


def _status(database: Database, talk: UUID) -> str:
    return str(database.one("select status from oneai.inbox_conversations where conversation_id = %s", talk))


def _cause(database: Database, talk: UUID) -> str:
    return str(database.one("select detail ->> 'cause' from oneai.inbox_events where conversation_id = %s", talk))


async def test_rules_hand_off_by_outcome_rating_and_hours(
    database: Database, clients: TurnClients, asha: UUID, ravi: UUID
) -> None:
    team = insert_team(database, asha, tier="pro", member=ravi)
    website = VisitedChatbot.insert(database, team, {})
    (client,) = await clients(1)
    nothing = ["not_found", "answered", "not_found", "not_found"]
    for outcomes, cause in ((nothing, "unanswered"), (["handoff"], "outcome")):
        talk, status = None, "bot"
        for outcome in outcomes:
            assert status == "bot"
            talk, status = await _answer(client, website, talk, outcome)
        assert talk is not None
        assert (status, _cause(database, talk)) == ("open", cause)

    visit = website.visit(0)
    for rules, rated, asked in (
        ({}, "bot", "open"),
        ({"after_bad_rating": True}, "open", "open"),
        ({"enabled": False}, "bot", "bot"),
    ):
        _rules(database, website, **rules, after_two_unanswered=False)
        talk, _ = await _answer(client, website, None, "not_found")
        _, status = await _answer(client, website, talk, "not_found")
        assert status == "bot"
        answer = database.one(
            "select id from oneai.chat_messages where conversation_id = %s and role = 'assistant' limit 1", talk
        )
        await client.call("select oneai.rate_as_visitor(%s, %s, %s, -1)", visit.public_id, visit.visitor, answer)
        assert _status(database, talk) == rated
        state = await client.call("select oneai.ask_for_person(%s, %s, %s)", visit.public_id, visit.visitor, talk)
        assert state == {"status": asked}

    # Mondays to Fridays from ten to six in India, and a night from Saturday to Sunday. 2026-11-21 is a Saturday.
    hours: dict[str, Any] = {
        "hours": [
            {"days": [1, 2, 3, 4, 5], "starts": "10:00", "ends": "18:00"},
            {"days": [6], "starts": "22:00", "ends": "02:00"},
        ]
    }
    back = "select oneai.people_back_at(%s, 'Asia/Kolkata')"
    for now, expected in (
        ("2026-11-20T06:00Z", None),
        ("2026-11-20T13:00Z", "2026-11-21T16:30Z"),
        ("2026-11-21T20:00Z", None),
        ("2026-11-21T20:30Z", "2026-11-23T04:30Z"),
    ):
        seconds = database.one("select extract(epoch from %s::timestamptz - oneai.now())::double precision", now)
        database.advance(seconds)
        at = database.one(back, Jsonb(hours))
        assert at == (None if expected is None else datetime.fromisoformat(expected).astimezone(UTC)), now
    assert database.one(back, Jsonb({})) is None


async def test_a_visitor_who_writes_in_a_language_of_people_is_handed_off_once(
    database: Database, clients: TurnClients, asha: UUID, ravi: UUID
) -> None:
    website = VisitedChatbot.insert(database, insert_team(database, asha, tier="pro", member=ravi), {})
    (client,) = await clients(1)
    writes = "update oneai.inbox_conversations set language = %s where conversation_id = %s"
    for languages, language, status in (
        (["ta", "hi"], "hi-IN", "open"),
        (["ta"], "hi-IN", "bot"),
        ([], "hi", "bot"),
    ):
        _rules(database, website, languages=languages)
        talk, _ = await _answer(client, website, None, "answered")
        database.rows(writes, language, talk)
        assert _status(database, talk) == status, languages
        if status == "open":
            assert _cause(database, talk) == "language"
            # Who was given back to the chatbot is not handed off again for the same language.
            database.rows("update oneai.inbox_conversations set status = 'bot' where conversation_id = %s", talk)
            database.rows(writes, language, talk)
            assert _status(database, talk) == "bot"


def _hand_off_again(database: Database, talk: UUID) -> None:
    database.rows(
        "update oneai.inbox_conversations set status = 'bot', assignee_id = null where conversation_id = %s", talk
    )
    database.rows("select oneai.hand_off(%s, 'visitor')", talk)
    database.rows("select oneai.mail_about_events(500)")


async def test_a_hundred_waiting_visitors_make_one_mail_for_each_member(
    database: Database, clients: TurnClients, asha: UUID, ravi: UUID
) -> None:
    viewer = database.user("viewer@example.com")
    team = insert_team(database, asha, tier="pro", member=ravi, viewer=viewer)
    website = VisitedChatbot.insert(database, team, {})
    database.rows(
        "with visitors as (insert into oneai.chatbot_visitors (id, chatbot_id, workspace_id) "
        "select gen_random_uuid(), %s, %s from generate_series(1, 100) returning *) "
        "insert into oneai.conversations (visitor_id, chatbot_id, workspace_id) "
        "select id, chatbot_id, workspace_id from visitors",
        *(website.id, team),
    )
    talks = database.rows("select conversation_id from oneai.inbox_conversations where workspace_id = %s", team)
    for talk in talks:
        database.rows("select oneai.hand_off(%s, 'visitor')", talk)
    database.rows("select oneai.mail_about_events(500)")
    assert {(user, state) for user, state, _ in database.rows(MAILS)} == {(asha, "waiting"), (ravi, "waiting")}
    assert len(database.rows(MAILS)) == 2

    # Not yet due; then, with everyone answered, not wanted any more; and another visitor makes another one.
    (client,) = await clients(1)
    database.rows("delete from oneai.outbox where kind <> 'visitor_waiting'")
    claim = "select id from oneai.claim_mail(%s, sha256(%s))"
    assert await client.call(claim, uuid4(), b"early") is None
    database.rows("update oneai.inbox_conversations set assignee_id = %s where workspace_id = %s", asha, team)
    database.advance(121)
    assert await client.call(claim, uuid4(), b"late") is None
    assert {(state, problem) for _, state, problem in database.rows(MAILS)} == {("skipped", "ended")}
    _hand_off_again(database, talks[0])
    database.advance(121)
    database.rows("update auth.users set email_confirmed_at = now()")
    sent = [await client.call(claim, uuid4(), token) for token in (b"one", b"two")]
    assert all(sent)
    for mail in sent:
        database.rows("update oneai.outbox set state = 'sent', settled_at = oneai.now() where id = %s", mail)
    # In the hour after it there is no other one; who waits at its end is in the next.
    _hand_off_again(database, talks[1])
    assert len(database.rows(MAILS)) == 6
    database.advance(3500)
    assert await client.call(claim, uuid4(), b"soon") is None
    database.advance(100)
    sent = [await client.call(claim, uuid4(), token) for token in (b"three", b"four")]
    assert all(sent)
