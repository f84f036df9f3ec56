"""Visitors and members follow their conversations while the processes that serve them are killed and come back."""

import asyncio
import operator
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from bench.tool import NO_RATE_LIMITS
from tests.chatbots.made import limit
from tests.chatbots.visitors import Website
from tests.journeys.running_stack import RunningStack
from tests.local.running import running
from tests.patience import PATIENCE, eventually
from tests.workspaces.teams import add_member, in_workspace, insert_team

VISITORS, MEMBERS = 50, 5
# What each visitor, and the member who answers them, writes.
MESSAGES = 2
KILLS = 4
# Visitors who ask the chatbot at the same time.
AT_ONCE = 5
# With the first question and its answer.
MOST = 2 + 2 * MESSAGES
# Seconds between two requests of a page, fewer than a real one waits.
PAUSE = 0.3
STORED = "select count(*) from oneai.chat_messages where workspace_id = %s and model_id = 'member'"


@dataclass
class Visitor:
    """A visitor who waits for a person, and what their page has received of the conversation."""

    headers: dict[str, str]
    talk: str
    seen: list[tuple[int, str]] = field(default_factory=list)


@dataclass
class Inbox:
    """A member's page: the changes that it has received, and what it has read of each conversation since."""

    who: str
    after: int = 0
    changes: list[tuple[int, str, str]] = field(default_factory=list)
    talks: dict[str, list[str]] = field(default_factory=dict)


async def _through_kills(send: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """Sends it until it is answered, with the pause of a page, so that the functions have time to start."""
    async with asyncio.timeout(KILLS * PATIENCE):
        while True:
            with suppress(httpx.TransportError):
                answer = await send()
                if answer.status_code < 500:
                    return answer
            await asyncio.sleep(PAUSE)


async def _arrive(website: Website, few: asyncio.Semaphore) -> Visitor:
    """A new visitor, whom the chatbot has answered once and who waits for a person."""
    async with few:
        headers = await website.visitor()
        talk = (await website.ask(headers, "Hello")).start["conversation_id"]
        assert (await website.post(headers, f"conversations/{talk}/handoff")).json() == {"status": "open"}
    return Visitor(headers, talk)


async def _follow_as_visitor(website: Website, visitor: Visitor) -> None:
    """Reads what came after the last message, again and again."""
    while True:
        after = visitor.seen[-1][0] if visitor.seen else 0
        path = f"conversations/{visitor.talk}?after={after}"
        read = await _through_kills(partial(website.get, visitor.headers, path))
        assert read.status_code == 200, read.text
        visitor.seen += [(each["number"], each["content"]) for each in read.json()["items"]]
        await asyncio.sleep(PAUSE)


async def _follow_as_member(stack: RunningStack, team: UUID, inbox: Inbox) -> None:
    """Asks what changed, and reads the changed conversations."""

    async def get(path: str, **params: Any) -> dict[str, Any]:
        asking = partial(in_workspace, stack, team, "GET", path, who=inbox.who, **params)
        answer = await _through_kills(asking)
        assert answer.status_code == 200, answer.text
        read: dict[str, Any] = answer.json()
        return read

    while True:
        found = await get("/inbox/changes", after=inbox.after)
        inbox.changes += [(each["n"], each["conversation_id"], each["kind"]) for each in found["items"]]
        for talk in {each["conversation_id"] for each in found["items"]}:
            read = await get(f"/inbox/conversations/{talk}")
            inbox.talks[talk] = [each["content"] for each in read["items"]]
        inbox.after = found["next"]
        await asyncio.sleep(PAUSE)


@pytest.mark.exhaustive
async def test_followers_lose_and_double_nothing_while_functions_are_killed() -> None:
    # All of them have one address here.
    with running(also=NO_RATE_LIMITS) as processes:
        async with RunningStack(processes) as stack:
            await _follow_through_kills(stack)
        stack.database.close()


async def _follow_through_kills(stack: RunningStack) -> None:
    members = [stack.newcomer() for _ in range(MEMBERS)]
    database = stack.database
    team = insert_team(database, stack.people[members[0]], tier="team", seats=MEMBERS)
    for member in members[1:]:
        add_member(database, team, stack.people[member], "member")
    website = Website.of_workspace(stack, team)
    limit(database, website.chatbot, visitor_per_hour=1000, address_per_hour=10_000, answers_per_day=1000)
    few = asyncio.Semaphore(AT_ONCE)
    visitors = await asyncio.gather(*(_arrive(website, few) for _ in range(VISITORS)))
    start = database.one("select n from oneai.inbox_counters where workspace_id = %s", team)
    inboxes = [Inbox(member, start) for member in members]
    said: dict[str, set[str]] = defaultdict(set)

    async def write_as_visitor(visitor: Visitor) -> None:
        for number in range(MESSAGES):
            body = {"message": f"Visitor's {number}", "conversation_id": visitor.talk, "message_id": str(uuid4())}
            stored = await _through_kills(partial(website.post, visitor.headers, "chat", body))
            assert stored.status_code == 202, stored.text
            said[visitor.talk].add(body["message"])

    async def write_as_member(who: str, talks: list[str]) -> None:
        for number in range(MESSAGES):
            for talk in talks:
                body = {"content": f"Member's {number}", "message_id": str(uuid4())}
                path = f"/inbox/conversations/{talk}/messages"
                stored = await _through_kills(partial(stack.post, path, body, who))
                assert stored.status_code == 201, stored.text
                said[talk].add(body["content"])

    async def kill() -> None:
        for number in range(KILLS):
            stored, function = 20 + 40 * number, "visitor_chat" if number == 1 else "chatbots"
            await eventually(partial(_count_stored, stack, team), partial(operator.le, stored))
            await _through_kills(partial(stack.http.post, f"{stack.address}/local/kill/{function}"))

    talks = [each.talk for each in visitors]
    following = [
        *(asyncio.create_task(_follow_as_visitor(website, each)) for each in visitors),
        *(asyncio.create_task(_follow_as_member(stack, team, each)) for each in inboxes),
    ]
    try:
        async with asyncio.TaskGroup() as writing:
            writing.create_task(kill())
            for visitor in visitors:
                writing.create_task(write_as_visitor(visitor))
            for number, member in enumerate(members):
                writing.create_task(write_as_member(member, talks[number::MEMBERS]))
        last = database.one("select n from oneai.inbox_counters where workspace_id = %s", team)
        while min(each.after for each in inboxes) < last or min(len(each.seen) for each in visitors) < MOST:
            await asyncio.sleep(PAUSE)
            for task in following:
                if task.done():
                    task.result()
    finally:
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)

    changed: Any = database.rows(
        "select n, conversation_id::text, kind from oneai.inbox_changes where workspace_id = %s and n > %s "
        "order by n, conversation_id, kind",
        *(team, start),
    )
    for inbox in inboxes:
        assert inbox.changes == changed
    for visitor in visitors:
        numbers, texts = zip(*visitor.seen, strict=True)
        assert numbers == tuple(range(1, MOST + 1))
        assert sorted(texts[2:]) == sorted(said[visitor.talk])
        for inbox in inboxes:
            assert inbox.talks[visitor.talk] == list(texts)


async def _count_stored(stack: RunningStack, team: UUID) -> int:
    return int(stack.database.one(STORED, team))
