"""What the inbox knows of a visitor's conversation follows the chat."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from oneai.chatbots.visit import language_tag, visit_language
from tests.chatbots.made import insert_chatbot, insert_conversation
from tests.chatbots.visitors import Website
from tests.workspaces.teams import insert_team, remove_member
from tests.world import World


def _row(world: World, conversation: str | UUID) -> dict[str, Any]:
    row: dict[str, Any] = world.database.one(
        "select to_jsonb(i) from oneai.inbox_conversations as i where conversation_id = %s", conversation
    )
    return row


async def test_a_conversation_is_in_the_inbox_as_its_chat_goes_on(shared: World) -> None:
    website = Website.of(shared, shared.newcomer())
    visitor = await website.visitor()
    talk = (await website.ask(visitor)).start["conversation_id"]
    row = _row(shared, talk)
    assert (row["status"], row["messages"], row["last_outcome"], row["spam"]) == ("bot", 2, "answered", False)
    paid, charged, last = shared.database.rows(
        "select total_cost_micro_usd, oneai.charged_in_conversation(id), to_jsonb(last_message_at) "
        "from oneai.conversations where id = %s",
        talk,
    )[0]
    assert (row["cost_micro_usd"], row["charged_micro_usd"], row["last_message_at"]) == (paid, charged, last)
    assert 0 < charged == paid
    answer = shared.database.one(
        "select id from oneai.chat_messages where conversation_id = %s and role = 'assistant'", talk
    )
    for rating, counted in ((1, (1, 0)), (-1, (0, 1)), (-1, (0, 1))):
        await website.post(visitor, f"messages/{answer}/feedback", {"rating": rating})
        row = _row(shared, talk)
        assert (row["good_ratings"], row["bad_ratings"]) == counted

    # A question ends a rest: status, status_before, snoozed_until, resolved_at, handed_off_at.
    for before, after in (
        (("resolved", None, None, "now", None), "bot"),
        (("snoozed", "open", "2099-01-01", None, None), "open"),
        (("resolved", None, None, "now", "now"), "open"),
    ):
        shared.database.rows(
            "update oneai.inbox_conversations set (status, status_before, snoozed_until, resolved_at, handed_off_at) = "
            "row(%s, %s, %s::timestamptz, %s::timestamptz, %s::timestamptz) where conversation_id = %s",
            *(*before, talk),
        )
        await website.ask(visitor, "And then?", conversation_id=talk)
        row = _row(shared, talk)
        assert (row["status"], row["status_before"], row["snoozed_until"], row["resolved_at"]) == (after, *[None] * 3)
    # People read the last two: no answers follow them.
    assert row["messages"] == 6


def test_a_conversation_has_no_assignee_who_is_no_member(shared: World) -> None:
    owner, member = [shared.people[shared.newcomer()] for _ in range(2)]
    team = insert_team(shared.database, owner, tier="team", member=member)
    chatbot = insert_chatbot(shared.database, team)
    moved, left = uuid4(), uuid4()
    for talk, assignee in ((moved, owner), (left, member)):
        insert_conversation(shared.database, chatbot, talk)
        shared.database.rows(
            "update oneai.inbox_conversations set assignee_id = %s where conversation_id = %s", *(assignee, talk)
        )

    remove_member(shared.database, team, member)
    assert (_row(shared, left)["assignee_id"], _row(shared, moved)["assignee_id"]) == (None, str(owner))
    stranger = insert_team(shared.database, member, tier="team")
    shared.database.rows(
        "update oneai.inbox_conversations set workspace_id = %s where conversation_id = %s", *(stranger, moved)
    )
    assert _row(shared, moved)["assignee_id"] is None


async def test_where_a_visitor_asks_is_stored_without_what_a_page_may_hide(shared: World) -> None:
    website = Website.of(shared, shared.newcomer())
    visitor = await website.visitor()
    shop = "https://tea.example.com/shop"
    where = {"page": f"{shop}?key=CANARY#top", "referrer": "https://u:CANARY@a.example/\u202e\x00r?q=me"}
    talk = (await website.ask(visitor, "Hm", **where, language="pt-br-x-CANARY")).start["conversation_id"]
    row = _row(shared, talk)
    assert (row["page"], row["referrer"], row["language"]) == (shop, "https://a.example/\ufffdr", "pt-BR")
    days = "select c.key, c.amount from oneai.chatbot_figure_changes as n, unnest(n.changes) as c "
    days += "where n.chatbot_id = %s and c.measure = 'language'"
    assert shared.database.rows(days, website.chatbot) == [("pt", 1)]

    # What is no page and no language is not known, and keeps no one from asking.
    for strange in ("javascript:alert(1)", "data:text/html,x", "null/a", "https://[", "", "\x1b[31m"):
        where = {"page": strange, "referrer": strange, "language": strange}
        row = _row(shared, (await website.ask(visitor, "Hm", **where)).start["conversation_id"])
        assert (row["page"], row["referrer"], row["language"]) == (None, None, "en"), strange
    long = (await website.ask(visitor, "Is it?", page=shop + "/é" * 1900, language="hi")).start["conversation_id"]
    assert (len(_row(shared, long)["page"]), _row(shared, long)["language"]) == (500, "en")

    too_much = [{"page": "h" * 4001}, {"referrer": "https://a.example/" + "a" * 90_000}, {"language": "e" * 4001}]
    refused = [await website.post(visitor, "chat", {"message": "Hm", **field}) for field in too_much]
    assert [each.json()["error"]["details"][0]["field"] for each in refused] == ["page", "referrer", "language"]
    headers = visitor | {"content-type": "application/json"}
    bodies = (
        b'{"message": "Hm", "page": "https://a.example/\\ud800"}',
        b'{"message": "Hm", "page": "%s"}' % (b"a" * 100_000),
    )
    answers = [await shared.http.post(f"{website.path}/chat", content=body, headers=headers) for body in bodies]
    assert [each.status_code for each in answers] == [422, 413]


@pytest.mark.parametrize(
    ("tag", "stored"),
    [
        ("PT-br", "pt-BR"),
        ("zh-hant-TW-u-ca-roc", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("fil", "fil"),
        ("i-klingon", None),
        ("en_US", None),
        ("\u017fv", None),
        ("en-\n", None),
    ],
)
def test_a_language_is_stored_as_its_tag(tag: str, stored: str | None) -> None:
    assert language_tag(tag) == stored


def test_the_language_that_a_visitor_writes_comes_before_their_browsers() -> None:
    assert [visit_language(*each) for each in (("hi", "en-IN"), ("hi", "hi-IN"), (None, "ta"), ("en", None))] == [
        *("hi", "hi-IN", "ta", "en")
    ]
