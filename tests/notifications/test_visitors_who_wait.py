"""Mail to members about visitors who wait for a person."""

import asyncio
from uuid import UUID

from oneai.postgres import db
from tests.database.visited_chatbots import VisitedChatbot
from tests.inbox.talks import insert_talk
from tests.notifications.conftest import Office
from tests.workspaces.teams import insert_team

TWO_MINUTES, AN_HOUR = 121, 3600


async def test_a_hundred_visitors_who_ask_at_once_make_one_mail_to_each_member(office: Office) -> None:
    database = office.database
    owner, member, viewer = [office.user(f"{name}@example.com") for name in ("owner", "member", "viewer")]
    team = insert_team(database, owner, tier="team", member=member, viewer=viewer)
    chatbot = VisitedChatbot.insert(database, team, {})
    people = ["member@example.com", "owner@example.com"]

    async def wait(count: int) -> None:
        """This number of new visitors asks for a person at once, while the job of mail runs three times."""
        talks = [UUID(insert_talk(database, chatbot.id, "Hello")) for _ in range(count)]
        visitor = "select visitor_id from oneai.inbox_conversations where conversation_id = %s"
        asking = [
            db.call("select oneai.ask_for_person(%s, %s, %s)", [chatbot.public_id, database.one(visitor, talk), talk])
            for talk in talks
        ]
        await asyncio.gather(*asking, office.send(3))

    async def arrived(seconds: float) -> list[str]:
        """After these seconds, to whom mail came so far."""
        database.advance(seconds)
        await office.send(3)
        return sorted(mail["to"] for mail in await office.arrived())

    await wait(100)
    assert await arrived(0) == []
    assert await arrived(TWO_MINUTES) == people
    # More who come in the hour after it are in one more mail at its end, if no one answers them before.
    answer = "update oneai.inbox_conversations set assignee_id = %s where workspace_id = %s and status = 'open'"
    await wait(20)
    assert await arrived(AN_HOUR - TWO_MINUTES) == people
    assert await arrived(TWO_MINUTES) == sorted(people * 2)
    await wait(20)
    database.rows(answer, owner, team)
    assert await arrived(AN_HOUR) == sorted(people * 2)
    await wait(1)
    assert await arrived(TWO_MINUTES) == sorted(people * 3)
