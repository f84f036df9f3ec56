"""The books of visitors' conversations hold, and each of their checks sees the wrong it is there for."""

from typing import LiteralString
from uuid import uuid4

import pytest
import pytest_asyncio

from bench.invariants import SentText, Talks, check_inbox, failed
from tests.chatbots.visitors import Website
from tests.world import World

pytestmark = pytest.mark.exhaustive

STORED = "what visitors and members said is stored once, and nothing that was refused"
STATUS = "a conversation has the status that its last event says"
TAKEN = "no one takes a conversation that another member has"
BEGINS = "no answer of the chatbot begins while people have the conversation"
COUNTED = "the inbox counts every message of a conversation once, in its order"
SPENT = "a chatbot has spent what its answers cost, and nothing is held"
CHANGES = "the number of changes of an inbox is that of its newest change"


@pytest_asyncio.fixture(scope="module")
async def talks(shared: World) -> Talks:
    """A conversation that a member took over and gave back, and what was said in it."""
    who = shared.newcomer()
    website = Website.of(shared, who)
    visitor = await website.visitor()
    talk = (await website.ask(visitor, "First?")).start["conversation_id"]
    path = f"/inbox/conversations/{talk}"
    assert (await shared.post(f"{path}/claim", None, who)).is_success
    assert (await shared.post(f"{path}/messages", {"content": "A person."}, who)).is_success
    assert (await website.post(visitor, "chat", {"message": "Second?", "conversation_id": talk})).status_code == 202
    assert (await shared.post(f"{path}/release", None, who)).is_success
    await website.ask(visitor, "Third?", conversation_id=talk)
    visitors = [SentText(str(uuid4()), text, talk, is_stored=True) for text in ("First?", "Second?", "Third?")]
    refused = SentText(str(uuid4()), "Refused?", talk)
    return Talks([*visitors, refused, SentText(str(uuid4()), "A person.", talk, by_member=True, is_stored=True)])


def test_the_books_of_a_conversation_that_people_took_over_hold(shared: World, talks: Talks) -> None:
    checks = check_inbox(shared.database.connection, talks)
    assert failed(checks) == []
    assert {each.sentence for each in checks} == {STORED, STATUS, TAKEN, BEGINS, COUNTED, SPENT, CHANGES}


def test_the_books_hold_for_a_conversation_that_no_member_took(shared: World, talks: Talks) -> None:
    with shared.database.connection.transaction(force_rollback=True):
        shared.database.rows("update oneai.inbox_events set kind = 'returned' where kind = 'released'")

        assert failed(check_inbox(shared.database.connection, talks)) == []


WRONGS: list[tuple[str, LiteralString]] = [
    (STORED, "delete from oneai.chat_messages where content = 'Second?'"),
    (STORED, "update oneai.chat_messages set content = 'First?' where content = 'Third?'"),
    (STORED, "update oneai.chat_messages set content = 'Refused?' where role = 'user'"),
    (STATUS, "update oneai.inbox_conversations set status = 'open'"),
    (STATUS, "delete from oneai.inbox_events; update oneai.inbox_conversations set status = 'open'"),
    (TAKEN, "insert into oneai.inbox_events (conversation_id, after_number, kind, member_id) "
     "select conversation_id, 9, 'claimed', null from oneai.inbox_events cross join generate_series(1, 2) "
     "where kind = 'claimed'"),
    (BEGINS, "delete from oneai.inbox_events where kind = 'released'"),
    (COUNTED, "update oneai.inbox_conversations set messages = messages + 1"),
    (COUNTED, "update oneai.chat_messages set sequence_number = 9 where content = 'Third?'"),
    (SPENT, "update oneai.chatbot_budgets set micro_usd = micro_usd + 1"),
    (CHANGES, "update oneai.inbox_counters set n = n + 1"),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "wrong"), WRONGS, ids=[f"{at}-{wrong[0]}" for at, wrong in enumerate(WRONGS)])
def test_a_violated_book_of_the_inbox_is_reported(
    shared: World, talks: Talks, sentence: str, wrong: LiteralString
) -> None:
    with shared.database.connection.transaction(force_rollback=True):
        shared.database.rows("set local session_replication_role = replica")
        shared.database.rows(wrong)

        assert sentence in [each.sentence for each in failed(check_inbox(shared.database.connection, talks))]
