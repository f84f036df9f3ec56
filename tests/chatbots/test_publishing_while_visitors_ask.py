"""A team edits and publishes while visitors ask: each answer is one version's, charged once, and nothing is lost."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb

from oneai import chat
from oneai.chat.turn.admit import Turn
from oneai.chat.turn.admit_visitor import VERSIONS_TRIED, VisitorQuestion, admit_visitor
from oneai.chatbots import visitor as visitors
from oneai.chatbots.published import PublishedChatbot, published_chatbot
from tests.chatbots.visitors import Website
from tests.world import World

ASKED_TOGETHER = 6


def _edition(number: int) -> dict[str, Any]:
    """A draft with a prompt that shows which version answered."""
    return {"system_prompt": f"You are edition {number}.", "knowledge": {"mode": "general"}}


def _publish(website: Website, who: str, edition: int) -> None:
    """Edits the draft and publishes it, as the owner's request does."""
    database, user = website.world.database, website.world.people[who]
    draft = Jsonb({"draft": _edition(edition)})
    database.rows("select oneai.change_chatbot(%s, %s, %s)", user, website.chatbot, draft)
    assert database.one("select oneai.publish_chatbot(%s, %s)", user, website.chatbot) == edition


async def _editions(website: Website) -> dict[str, int]:
    """Which version answered, by the question."""
    found = {}
    for body in await website.world.sent_upstream():
        *before, asked = body["messages"]
        _, named, rest = str(before).partition("You are edition ")
        if named:
            found[str(asked["content"])] = int(rest.partition(".")[0])
    return found


def _counted(website: Website, who: str) -> tuple[int, tuple[int, int], int]:
    """The questions that the limits counted, `(used, reserved)` of the plan, and what is not settled yet."""
    database = website.world.database
    return (
        database.one(
            "select count(*) from oneai.visitor_requests where chatbot_id = %s and kind = 'question'", website.chatbot
        ),
        website.world.quota(who),
        database.one(
            "select count(*) from oneai.reservations where chatbot_id = %s and settled_at is null", website.chatbot
        ),
    )


async def test_a_publication_in_mid_question_is_noticed_and_counts_nothing_twice(
    shared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    website = Website.of(shared, who := shared.newcomer())
    visitor = await website.visitor()
    publications = [2]

    async def overtaken(public_id: str, *, afresh: bool = False) -> PublishedChatbot:
        chatbot = await published_chatbot(public_id, afresh=afresh)
        if publications:
            _publish(website, who, publications.pop(0))
        return chatbot

    monkeypatch.setattr("oneai.chat.turn.admit_visitor.published_chatbot", overtaken)
    # One publication: the second try asks the new version.
    first = f"First of {website.public_id}"
    assert (await website.ask(visitor, first)).last["state"] == "complete"
    assert (await _editions(website))[first] == 2
    assert _counted(website, who) == (1, (1, 0), 0)
    # One between all tries but the last: that one asks the newest.
    publications[:] = range(3, 2 + VERSIONS_TRIED)
    second = f"Second of {website.public_id}"
    assert (await website.ask(visitor, second)).last["state"] == "complete"
    assert (await _editions(website))[second] == 1 + VERSIONS_TRIED
    assert _counted(website, who) == (2, (2, 0), 0)
    # One during each try: the chatbot is busy and not away, nothing is counted, and the question may be sent again.
    publications[:] = range(2 + VERSIONS_TRIED, 2 + 2 * VERSIONS_TRIED)
    again = {"message": f"Third of {website.public_id}", "message_id": str(uuid4())}
    busy = await website.post(visitor, "chat", again)
    assert (busy.status_code, busy.json()["error"]["code"], busy.headers["retry-after"]) == (503, "busy", "1")
    assert (publications, _counted(website, who)) == ([], (2, (2, 0), 0))
    assert (await website.ask(visitor, **again)).last["state"] == "complete"
    assert (await _editions(website))[again["message"]] == 1 + 2 * VERSIONS_TRIED
    assert _counted(website, who) == (3, (3, 0), 0)


async def test_answers_keep_the_version_they_began_with_while_a_team_publishes(shared: World) -> None:
    website = Website.of(shared, who := shared.newcomer())
    path, headers = f"/chatbots/{website.chatbot}", shared.headers(who)
    published = 1

    async def publish(number: int) -> None:
        nonlocal published
        assert (await shared.http.patch(path, json=_edition(number), headers=headers)).is_success
        assert (await shared.post(f"{path}/publish", None, who)).json()["version"] == number
        published = number

    await publish(2)
    # Admitted before the publications, written after them.
    asker = visitors.by_handle(website.public_id, visitors.new_handle())
    early = f"Early of {website.public_id}"
    turn = await admit_visitor(asker, VisitorQuestion(message=early), visitors.network_hash("198.51.100.1"))
    assert isinstance(turn, Turn)
    began: dict[str, int] = {}
    answered: list[str] = []

    async def ask(number: int) -> None:
        question = f"Question {number} of {website.public_id}"
        visitor = await website.visitor()
        began[question] = published
        result = await website.ask(visitor, question)
        assert result.status == 200, result.body
        assert result.last["state"] == "complete"
        answered.append(question)

    async def publish_twice() -> None:
        await publish(3)
        await publish(4)

    await asyncio.gather(publish_twice(), *(ask(number) for number in range(ASKED_TOGETHER)))
    answer = chat.begin(turn, deadline=2**40)
    assert answer.task is not None
    await answer.task
    await ask(ASKED_TOGETHER)

    editions = await _editions(website)
    assert editions.pop(early) == 2
    assert editions[f"Question {ASKED_TOGETHER} of {website.public_id}"] == 4
    own = {question: edition for question, edition in editions.items() if question in began}
    assert sorted(own) == sorted(answered)
    assert all(began[question] <= edition <= 4 for question, edition in own.items())
    charged = len(answered) + 1
    assert _counted(website, who) == (charged, (charged, 0), 0)
    paid = shared.database.rows(
        "select count(*), sum(charged) from oneai.usage_events where chatbot_id = %s and message_id is not null",
        website.chatbot,
    )
    assert paid == [(charged, charged)]
