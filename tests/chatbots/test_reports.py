"""Reports of chatbots by their visitors, and what operators do about them."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from oneai.chatbots.reports import REPORTS_PER_DAY
from tests.admin.staff import make_staff
from tests.chatbots.visitors import Website
from tests.ops.operators import command
from tests.world import World


async def _report(website: Website, **body: Any) -> int:
    answer = await website.world.http.post(f"{website.path}/reports", json={"reason": "complaint", **body})
    return answer.status_code


async def _queue(world: World, staff: str, path: str = "/admin/chatbots") -> list[dict[str, Any]]:
    answer = await world.get(path, staff)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def _suspended(world: World, staff: str) -> dict[str, tuple[bool, int]]:
    """Whether all of the workspace are suspended, and the number of shown reports, by the chatbot's id."""
    items = await _queue(world, staff, "/admin/chatbots/suspended")
    return {each["id"]: (each["all_suspended"], len(each["reports"])) for each in items}


async def _act(world: World, admin: str, chatbot: str, act: str, **body: Any) -> dict[str, Any]:
    answer = await world.post(f"/admin/chatbots/{chatbot}/{act}", {"reason": "Insults", **body}, admin)
    assert answer.is_success, answer.text
    result: dict[str, Any] = answer.json() if answer.content else {}
    return result


async def _found(website: Website) -> bool:
    answer = await website.world.http.get(website.path)
    assert answer.status_code in (200, 404)
    return answer.status_code == 200


async def test_reported_chatbots_are_listed_by_deadline_and_limited_by_address(world: World) -> None:
    support = make_staff(world, "support")
    first, second = Website.of(world, owner := world.newcomer()), Website.of(world, world.newcomer())
    answered = await first.ask(await first.visitor())
    message = answered.start["message_id"]
    # An answer of another chatbot is not shown.
    assert await _report(second, reason="order", message_id=message) == 204
    assert await _report(first, message=" It insults people. ", message_id=message) == 204
    assert await _report(first, reason="rude") == 422

    items = await _queue(world, support)
    assert [each["id"] for each in items] == [second.chatbot, first.chatbot]
    assert (items[1]["email"], items[1]["user_id"]) == (f"{owner}@example.com", str(world.people[owner]))
    assert items[1]["url"].endswith(f"/widget-test.html?chatbot={first.public_id}")
    assert [(each["kind"], each["message"], each["answer"]) for each in items[1]["reports"][:1]] == [
        ("complaint", "It insults people.", answered.text)
    ]
    assert items[0]["reports"][0]["answer"] is None
    for each, hours in zip(items, (3, 7 * 24), strict=True):
        reported = datetime.fromisoformat(each["reports"][0]["created_at"])
        assert datetime.fromisoformat(each["due_at"]) - reported == timedelta(hours=hours)
    sent = await asyncio.gather(*(_report(first) for _ in range(REPORTS_PER_DAY + 2)))
    assert Counter(sent) == {204: REPORTS_PER_DAY - 1, 429: 3}
    assert (await first.post(await first.visitor(), "leads", {"email": "me@example.com"})).status_code == 201
    alerts = world.database.rows("select subject, count from oneai.operator_alerts where kind = 'chatbot_reported'")
    assert sorted(alerts) == sorted([(first.chatbot, REPORTS_PER_DAY), (second.chatbot, 1)])


async def test_operators_suspend_one_chatbot_or_all_of_a_workspace_in_one_press(world: World) -> None:
    admin, owner = make_staff(world), world.newcomer()
    website, sibling, other = Website.of(world, owner), Website.of(world, owner), Website.of(world, world.newcomer())
    world.database.rows(
        'update oneai.chatbot_versions set configuration = configuration || \'{"model": "local/slow"}\' '
        "where chatbot_id = %s",
        website.chatbot,
    )
    assert await _report(website) == 204
    visitor = await website.visitor()
    async with website.asking(visitor) as stream:
        await stream.next()
        await stream.next()
        suspended = await _act(world, admin, website.chatbot, "suspend")
        assert suspended == {"id": website.chatbot, "suspended": True, "changed": True}
        await stream.to_the_end()
    assert stream.result.last["state"] == "stopped"
    assert await _queue(world, admin) == []
    for refused in (
        await website.post(visitor, "chat", {"message": "Again"}),
        await website.get(visitor, "conversations"),
        await website.get(visitor, f"chat/{stream.result.start['message_id']}"),
        await world.http.get(f"{website.path}/frame"),
        await world.http.post(f"{website.path}/sessions", json={}),
    ):
        assert (refused.status_code, refused.json()["error"]["code"]) == (404, "chatbot_not_found")
    assert (await _found(sibling), await _found(other)) == (True, True)
    assert await _suspended(world, admin) == {website.chatbot: (False, 2)}
    assert (await world.get(f"/chatbots/{website.chatbot}", owner)).json()["suspended_at"] is not None
    assert (await _act(world, admin, website.chatbot, "suspend"))["changed"] is False

    everything = await _act(world, admin, sibling.chatbot, "suspend", all=True)
    assert everything["suspended"] is True
    later = Website.of(world, owner)
    assert [await _found(each) for each in (website, sibling, later, other)] == [False, False, False, True]
    concerned = (website.chatbot, sibling.chatbot, later.chatbot)
    assert await _suspended(world, admin) == dict(zip(concerned, ((True, 2), (True, 1), (True, 1)), strict=True))
    first = (await world.get("/admin/chatbots/suspended?limit=1", admin)).json()
    rest = await _queue(world, admin, f"/admin/chatbots/suspended?limit=2&cursor={first['next_cursor']}")
    assert {each["id"] for each in first["items"] + rest} == set(concerned)
    still = await _act(world, admin, later.chatbot, "unsuspend")
    assert (still["suspended"], still["changed"]) == (True, False)
    await _act(world, admin, website.chatbot, "unsuspend", all=True)
    assert [await _found(each) for each in (website, sibling, later)] == [True] * 3
    assert await _suspended(world, admin) == {}

    assert await _report(other) == 204
    await _act(world, admin, other.chatbot, "dismiss")
    await _act(world, admin, other.chatbot, "dismiss")
    assert (await _queue(world, admin), await _found(other)) == ([], True)
    assert await _report(other) == 204
    assert [each["report_count"] for each in await _queue(world, admin)] == [2]
    for act in ("suspend", "unsuspend", "dismiss"):
        unknown = await world.post(f"/admin/chatbots/{uuid4()}/{act}", {"reason": "No"}, admin)
        assert unknown.status_code == 404
    recorded = world.database.rows(
        "select action, user_id, reason from oneai.audit_log where action like 'chatbot.%%' order by id"
    )
    ours = world.people[owner]
    theirs = UUID(str(world.database.one("select workspace_id from oneai.chatbots where id = %s", other.chatbot)))
    assert recorded == [
        *(("chatbot.suspend", ours, "Insults"), ("chatbot.suspend", ours, "Insults")),
        *(("chatbot.unsuspend", ours, "Insults"), ("chatbot.dismiss_reports", theirs, "Insults")),
    ]
    open_alerts = "select count(*)::int from oneai.operator_alerts where acknowledged_at is null and subject = %s"
    assert [world.database.one(open_alerts, each.chatbot) for each in (website, other)] == [0, 1]


async def test_an_operator_lists_suspends_and_reinstates_with_a_command(world: World) -> None:
    website = Website.of(world, owner := world.newcomer())
    sibling = Website.of(world, owner)
    assert await _report(website, message="It insults people.") == 204

    async def run(*arguments: str) -> str:
        result = await command("suspend_chatbot", *arguments, database=world.database)
        assert result.returncode == 0, result.stderr
        return result.stdout

    this, everything = (f"--id={website.chatbot}", "--reason=Insults"), f"--id={sibling.chatbot}"
    listed = await run()
    assert (website.chatbot in listed, sibling.chatbot in listed, "'It insults people.'" in listed) == (
        True,
        False,
        True,
    )
    for refused in (this[:1], ("--end", "--reason=No"), (f"--id={uuid4()}", "--reason=No")):
        result = await command("suspend_chatbot", *refused, database=world.database)
        assert (result.returncode, result.stdout) == (1, "")
    assert f"Chatbot {website.chatbot} is suspended." in await run(*this)
    assert (await _found(website), await _found(sibling)) == (False, True)
    assert website.chatbot not in await run()
    assert "are suspended" in await run(everything, "--all", "--reason=Insults")
    assert "is still suspended" in await run("--end", *this)
    assert await _found(sibling) is False
    assert "are not suspended any more" in await run("--end", "--all", *this)
    assert "is not suspended." in await run("--end", *this)
    assert (await _found(website), await _found(sibling)) == (True, True)
