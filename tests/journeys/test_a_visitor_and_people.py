"""A visitor whom the chatbot cannot help, from the first question to the people who do, and to the erasure."""

import asyncio
from contextlib import suppress
from typing import Any
from uuid import uuid4

import httpx

from tests.chatbots.visitors import Website
from tests.journeys.running_stack import RunningStack
from tests.patience import eventually
from tests.workspaces.teams import in_workspace, insert_team


async def _through_a_kill(stack: RunningStack, path: str, who: str, body: dict[str, Any]) -> httpx.Response:
    """Sends this while the function is killed, and again until it is answered, as a client does."""
    killing = asyncio.create_task(stack.kill("chatbots"))
    with suppress(httpx.TransportError):
        await stack.post(path, body, who)
    with suppress(httpx.TransportError):
        await killing
    await stack.come_back_later()

    async def again() -> httpx.Response | None:
        with suppress(httpx.TransportError):
            answer = await stack.post(path, body, who)
            return answer if answer.status_code < 500 else None
        return None

    answered = await eventually(again, bool)
    assert answered is not None
    return answered


async def test_a_visitor_who_is_not_helped_is_answered_by_people_and_erased(stack: RunningStack) -> None:
    owner, member = stack.newcomer(), stack.newcomer()
    team = insert_team(stack.database, stack.people[owner], tier="team", member=stack.people[member])
    website = Website.of_workspace(stack, team)
    stack.database.rows(
        "update oneai.chatbot_versions set configuration = "
        "jsonb_set(configuration, '{knowledge,mode}', '\"documents_only\"') where chatbot_id = %s",
        website.chatbot,
    )
    visitor = await website.visitor()
    talk = (await website.ask(visitor, "Which samovar leaks?")).start["conversation_id"]
    await website.ask(visitor, "And which samovar does not?", conversation_id=talk)
    path = f"/inbox/conversations/{talk}"
    waiting = await website.post(visitor, "chat", {"message": "Is anyone there?", "conversation_id": talk})
    assert (waiting.status_code, waiting.json()["status"]) == (202, "open")

    pressed = await asyncio.gather(*(stack.post(f"{path}/claim", None, who) for who in (owner, member)))
    assert sorted(each.status_code for each in pressed) == [200, 409]
    winner = (owner, member)[[each.status_code for each in pressed].index(200)]
    reply = {"content": "The brass one, I am sorry.", "message_id": str(uuid4())}
    assert (await _through_a_kill(stack, f"{path}/messages", winner, reply)).status_code == 201
    read = (await website.get(visitor, f"conversations/{talk}")).json()
    assert [each["author"]["kind"] for each in read["items"]] == ["visitor", "bot"] * 2 + ["visitor", "member"]

    assert (await stack.post(f"{path}/release", None, winner)).json()["status"] == "bot"
    again = await website.ask(visitor, "Thank you", conversation_id=talk)
    assert again.start["conversation_id"] == talk
    assert (await website.post(visitor, f"conversations/{talk}/csat", {"score": 5})).status_code == 204
    assert (await stack.post(f"{path}/resolve", None, owner)).json()["status"] == "resolved"

    async def found() -> list[str]:
        listed = await in_workspace(stack, team, "GET", "/inbox/conversations", who=member, q="samovar leaks")
        return [each["id"] for each in listed.json()["items"]]

    assert await found() == [talk]
    inside = (await in_workspace(stack, team, "GET", path, who=member)).json()
    assert (inside["csat"]["score"], inside["csat"]["of"], inside["status"]) == (5, "member", "resolved")
    kinds = [each["kind"] for each in inside["events"]]
    assert kinds == ["handed_off", "claimed", "released", "resolved"]
    exported = await in_workspace(stack, team, "GET", f"{path}/export", who=member, format="json")
    assert [each["content"] for each in exported.json()["items"]].count(reply["content"]) == 1

    assert (await stack.http.delete(f"{website.path}/visitor", headers=visitor)).status_code == 204
    assert await found() == []
    assert (await in_workspace(stack, team, "GET", path, who=owner)).status_code == 404
