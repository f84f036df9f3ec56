"""A team finds its visitors' conversations by what they are, in pages, and with the counts of each view."""

from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.chatbots.made import insert_chatbot
from tests.database.test_statement_plans import nodes
from tests.inbox.talks import ids, inbox, insert_talk
from tests.workspaces.teams import in_workspace, insert_team, refusal
from tests.world import World

VISIT = '{"language": "hi-IN", "page": "https://tea.example.com/shop", "device": "phone"}'


@pytest.fixture
def team(shared: World) -> tuple[UUID, str, str, str]:
    """A team with its owner, a member and a viewer."""
    owner, member, viewer = [shared.newcomer() for _ in range(3)]
    people = shared.people
    made = insert_team(shared.database, people[owner], tier="team", member=people[member], viewer=people[viewer])
    return made, owner, member, viewer


async def test_a_team_filters_sorts_and_counts_its_conversations(
    shared: World, team: tuple[UUID, str, str, str]
) -> None:
    (workspace, owner, member, viewer), database = team, shared.database
    chatbot, other = insert_chatbot(database, workspace), insert_chatbot(database, workspace)
    me = shared.people[member]
    plain = insert_talk(database, chatbot, "When do you open?", "At ten.", last_message_at="2026-11-01T10:00:00Z")
    order = insert_talk(
        *(database, chatbot, "Where is my order?", "I do not know.", "Where is the parcel with tulsi?", "No idea."),
        outcome="not_found",
        visit=VISIT,
        status="open",
        assignee_id=me,
        tags=["Order"],
        charged_micro_usd=900,
        csat=2,
        csat_of="bot",
        last_message_at="2026-11-03T10:00:00Z",
    )
    asked = insert_talk(database, other, "Do you ship tea?", status="open", last_message_at="2026-11-02T10:00:00Z")
    spam = insert_talk(database, other, "Buy pills", spam=True)
    insert_talk(database, insert_chatbot(database, shared.people[owner]), "Where is my order?")

    page = await inbox(shared, workspace, member)
    assert [each["id"] for each in page["items"]] == [order, asked, plain]
    waiting = [
        (await in_workspace(shared, workspace, "GET", "/me", who=each)).json()["inbox_waiting"]
        for each in (member, viewer)
    ]
    assert waiting == [1, None]
    assert page["counts"] == {
        "mine": 1,
        "unassigned": 1,
        "open": 2,
        "bot": 1,
        "snoozed": 0,
        "resolved": 0,
        "spam": 1,
    }
    first = page["items"][0]
    assert (first["assignee"]["user_id"], first["tags"], first["csat"]) == (
        *(str(me), ["Order"]),
        {"score": 2, "note": None, "of": "bot"},
    )
    assert (first["messages"], first["last_outcome"], first["language"], first["device"]) == (
        4,
        "not_found",
        "hi-IN",
        "phone",
    )
    for params, found in (
        ({"status": "open"}, [order, asked]),
        ({"chatbot_id": other}, [asked]),
        ({"assignee": "me"}, [order]),
        ({"assignee": "none"}, [asked, plain]),
        ({"assignee": str(me), "status": "bot"}, []),
        ({"tag": "order"}, [order]),
        ({"rating": 2}, [order]),
        ({"language": "hi"}, [order]),
        ({"language": "HI-in"}, [order]),
        ({"language": "hi-Latn"}, []),
        ({"page": "https://tea.example.com/shop"}, [order]),
        ({"outcome": "answered"}, [plain]),
        ({"charged_above": 899}, [order]),
        ({"charged_above": 900}, []),
        ({"from": "2026-11-02", "to": "2026-11-02"}, [asked]),
        ({"sort": "oldest"}, [plain, asked, order]),
        ({"sort": "charged", "tag": "order", "from": "2026-11-03", "to": "2026-11-03"}, [order]),
        ({"sort": "charged", "tag": "order", "from": "2026-11-02", "to": "2026-11-02"}, []),
        ({"sort": "charged", "tag": "order", "from": "2026-11-03T10:00:00Z"}, [order]),
        ({"sort": "charged", "tag": "order", "from": "2026-11-03T10:00:01Z", "to": "2026-11-04"}, []),
        ({"sort": "charged", "tag": "order", "from": "2025-11-03", "to": "2026-11-04"}, [order]),
        ({"sort": "charged", "language": "hi", "from": "2026-11-03", "tz": "Pacific/Honolulu"}, [order]),
        ({"sort": "charged", "rating": 2, "from": "2026-11-03", "to": "2026-11-03", "tz": "Pacific/Kiritimati"}, []),
        ({"spam": True}, [spam]),
        ({"q": "parcel tul"}, [order]),
        ({"q": '"order my"'}, []),
        ({"q": "…"}, []),
    ):
        assert await ids(shared, workspace, member, **params) == found, params
    (hit,) = (await inbox(shared, workspace, member, q="tulsi"))["items"]
    found_text = hit["found"]
    ((start, end),) = found_text["highlights"]
    assert found_text["snippet"][start:end] == "tulsi"

    for sort in ("newest", "oldest", "charged"):
        whole = await ids(shared, workspace, member, sort=sort)
        pages: list[str] = []
        cursor: dict[str, Any] = {}
        while True:
            part = await inbox(shared, workspace, member, sort=sort, limit=1, **cursor)
            pages += [each["id"] for each in part["items"]]
            if part["next_cursor"] is None:
                break
            cursor = {"cursor": part["next_cursor"]}
        assert (pages, len(pages)) == (whole, 3), sort

    stats = (await in_workspace(shared, workspace, "GET", "/inbox/conversations/stats", who=member)).json()
    assert (stats["total"], stats["spam"], stats["by_status"]["open"]) == (3, 1, 2)
    assert stats["average_messages"] == round(7 / 3, 2)
    assert stats["satisfaction"] == {
        "all": {"score": 2.0, "votes": 1},
        "bot": {"score": 2.0, "votes": 1},
        "member": {"score": None, "votes": 0},
    }
    tags = (await in_workspace(shared, workspace, "GET", "/inbox/tags", who=member)).json()
    assert tags == {"items": [{"name": "Order", "count": 1}]}

    for path in ("conversations", "conversations/stats", "tags", f"conversations/{order}"):
        answer = await in_workspace(shared, workspace, "GET", f"/inbox/{path}", who=viewer)
        assert refusal(answer) == (403, "role_insufficient"), path
    for params in ({"assignee": "asha"}, {"rating": 6}, {"cursor": "x"}, {"state": "open"}):
        answer = await in_workspace(shared, workspace, "GET", "/inbox/conversations", who=member, **params)
        assert answer.status_code == 422, params


def test_lists_of_the_inbox_read_an_index(shared: World) -> None:
    database, asha = shared.database, shared.people[shared.newcomer()]
    chatbot = insert_chatbot(database, asha)
    with psycopg.connect(database.url("postgres"), autocommit=True) as connection:
        connection.execute(
            "with visitor as (insert into oneai.chatbot_visitors (id, chatbot_id, workspace_id) "
            "values (gen_random_uuid(), %s, %s) returning *) insert into oneai.conversations (visitor_id, chatbot_id, "
            "workspace_id, last_message_at) select v.id, v.chatbot_id, v.workspace_id, "
            "oneai.now() - make_interval(secs => n) from visitor as v, generate_series(1, 5000) as n",
            [chatbot, asha],
        )
        connection.execute(
            "update oneai.inbox_conversations set status = case when c.n % 50 = 0 then 'open' else 'bot' end, "
            "tags = case when c.n % 500 = 0 then '{rare}' else '{}' end::text[], charged_micro_usd = c.n "
            "from (select conversation_id, row_number() over (order by last_message_at) as n "
            "from oneai.inbox_conversations) as c where c.conversation_id = inbox_conversations.conversation_id"
        )
        connection.execute("vacuum analyze oneai.inbox_conversations")
        for condition in (
            {},
            {"status": "open"},
            {"chatbot_id": chatbot},
            {"assignee": "me"},
            {"assignee": "none", "status": "open"},
            {"tags": ["rare"]},
            {"outcome": "not_found"},
            {"rating": 1},
            {"query": "'#tulsi'"},
        ):
            row = connection.execute(
                "select oneai.inbox_condition(%s, %s, %s)", [asha, asha, Jsonb(condition)]
            ).fetchone()
            assert row is not None
            plan: Any = connection.execute(
                f"explain (format json) select i from oneai.inbox_conversations as i where {row[0]} "  # noqa: S608
                "order by i.last_message_at desc, i.conversation_id desc limit 51"
            ).fetchone()
            scans = [node["Node Type"] for node in nodes(plan[0][0]["Plan"])]
            assert "Seq Scan" not in scans, (condition, scans)
