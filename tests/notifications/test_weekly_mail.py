"""The weekly mail about a workspace's chatbots."""

import asyncio
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from oneai import notifications
from tests.chatbots.made import insert_chatbot
from tests.notifications.conftest import Office
from tests.workspaces.teams import insert_team
from tests.world import Database

WEEK = {
    "conversations": 42,
    "visitors_new": 20,
    "visitors_returning": 10,
    "csat_score_bot": 9,
    "csat_votes_bot": 2,
    "csat_score_member": 4,
    "csat_votes_member": 1,
    "handed_off": 3,
    "charged": 1_500_000,
}


def _move_to(database: Database, time: str) -> None:
    """Moves the clock forward to this time in India."""
    at = datetime.fromisoformat(time).replace(tzinfo=ZoneInfo("Asia/Kolkata"))
    database.advance(database.one("select extract(epoch from %s - oneai.now())::double precision", at))


def _visited(database: Database, workspace: UUID) -> None:
    """Figures of the days around a week, as the job that adds them up leaves them."""
    chatbot = insert_chatbot(database, workspace)
    for day, factor in (("2030-03-10", 100), ("2030-03-11", 1), ("2030-03-17", 1), ("2030-03-18", 100)):
        for measure, amount in WEEK.items():
            database.rows(
                "insert into oneai.chatbot_days values (%s, %s, %s, %s, '', %s)",
                *(workspace, chatbot, day, measure, amount * factor),
            )


async def test_a_week_of_chatbots_is_mailed_once_to_those_who_answer_visitors(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = office.database
    asha, ravi, viewer, quiet = [office.user(f"{name}@example.com") for name in ("asha", "ravi", "viewer", "quiet")]
    database.rows("update auth.users set email_confirmed_at = now()")
    team = insert_team(database, asha, member=ravi, viewer=viewer, admin=quiet)
    database.rows("update oneai.workspaces set time_zone = 'Asia/Kolkata', name = 'Nilgiri Tea' where id = %s", team)
    database.rows("select oneai.update_member_notifications(%s, %s, %s)", quiet, team, '{"weekly": false}')
    _visited(database, team)
    # A workspace that no visitor came to, and one whose chatbot is new: more than one batch.
    insert_chatbot(database, quiet)
    insert_chatbot(database, ravi)
    monkeypatch.setattr(notifications.triggers, "WORKSPACES_AT_ONCE", 1)

    _move_to(database, "2030-03-18T07:30")
    assert (await notifications.notify())["weeks"] == 0
    _move_to(database, "2030-03-18T08:31")
    runs = await asyncio.gather(*(notifications.notify() for _ in range(3)))
    assert sum(run["weeks"] for run in runs) == 2
    _move_to(database, "2030-03-19T07:00")
    assert (await notifications.notify())["weeks"] == 0
    mails = database.rows("select user_id, data from oneai.outbox where kind = 'chatbots_week' order by user_id")
    assert [user for user, _ in mails] == sorted((asha, ravi))
    assert mails[0][1] == {
        "workspace_id": str(team),
        "workspace": "Nilgiri Tea",
        "since": "2030-03-11",
        "until": "2030-03-17",
        "conversations": 84,
        "visitors": 60,
        "score": 26,
        "votes": 6,
        "handed_off": 6,
        "charged_micro_usd": 3_000_000,
        "topics": [],
    }
    # A member who left the team meanwhile gets none.
    database.rows("delete from oneai.workspace_members where user_id = %s and workspace_id = %s", ravi, team)
    await office.send()
    (mail,) = [each for each in await office.arrived() if "chatbots last week" in each["subject"]]
    assert mail["to"] == "asha@example.com"
    assert "4.3 of 5 (6 scores)" in mail["text"]
    assert "11 March 2030 to 17 March 2030" in mail["text"]
