"""Figures of chatbots: what visitors did is counted once, on its day, and stays counted when they are forgotten."""

import asyncio
from typing import Any, LiteralString
from uuid import UUID

from tests.chatbots.made import insert_chatbot
from tests.chatbots.visitors import Website
from tests.world import Database, World

CORRECTION: LiteralString = (
    "insert into oneai.usage_events (workspace_id, chatbot_id, conversation_id, message_id, purpose, outcome, "
    "subscription_tier, model_asked, price_version, cost_micro_usd, created_at) select workspace_id, chatbot_id, "
    "conversation_id, message_id, 'correction', outcome, subscription_tier, model_asked, price_version, 1000, "
    "created_at + interval '3 days' from oneai.usage_events where message_id = %s and purpose = 'answer'"
)


async def read(world: World, who: str, path: str = "overview", **query: str) -> dict[str, Any]:
    """An answer of `/analytics`."""
    answer = await world.http.get(f"/analytics/{path}", params=query, headers=world.headers(who))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def roll_up(database: Database) -> None:
    """The job's statement."""
    database.rows("select oneai.roll_up_chatbot_figures(100000)")


async def test_visitors_and_costs_are_counted_once_and_stay_counted(shared: World) -> None:
    who = shared.newcomer()
    website = Website.of(shared, who)
    other = insert_chatbot(shared.database, shared.people[who])
    before = await read(shared, who)
    assert (before["conversations"], before["satisfaction"]["score"], len(before["by_day"])) == (0, None, 30)

    visitor = await website.visitor()
    first = await website.ask(visitor, "Do you ship?")
    talk = first.start["conversation_id"]
    await website.ask(visitor, "And when?", conversation_id=talk)
    await website.ask(await website.visitor(), "Where are you?")
    # Exact at once, before the job has run.
    counted = await read(shared, who)
    names = ("conversations", "messages", "visitors", "visitors_new", "answers")
    assert [counted[name] for name in names] == [2, 6, 2, 2, 3]
    stats = (await shared.get(f"/chatbots/{website.chatbot}/stats", who)).json()
    costs = {name: stats[name] for name in ("cost_micro_usd", "charged_micro_usd")}
    assert {name: counted[name] for name in costs} == costs
    assert counted["charged_per_conversation_micro_usd"] == round(costs["charged_micro_usd"] / 2)

    # A score belongs to the conversation, and the last one counts; a person who takes part ends `alone`.
    for score in (2, 5):
        scored = await website.post(visitor, f"conversations/{talk}/csat", {"score": score})
        assert scored.is_success
    rated = await read(shared, who)
    assert (rated["satisfaction"], rated["resolved_by_bot"]) == ({"score": 5.0, "votes": 1}, 1)
    shared.database.rows(
        "update oneai.inbox_conversations set handed_off_at = oneai.now(), "
        "claimed_at = oneai.now() + interval '1 minute', "
        "page = 'https://example.com/tea' where conversation_id = %s",
        talk,
    )
    counted = await read(shared, who)
    assert (counted["handed_off"], counted["resolved_by_bot"]) == (1, 0)

    # Runs at the same time, and again, count nothing twice.
    await asyncio.gather(*(asyncio.to_thread(roll_up, shared.database) for _ in range(2)))
    roll_up(shared.database)
    assert await read(shared, who) == counted
    assert {each["chatbot_id"]: each["conversations"] for each in counted["by_chatbot"]} == {
        website.chatbot: 2,
        other: 0,
    }
    assert [day["conversations"] for day in counted["by_day"]][-1] == 2

    # What an answer turned out to cost days later belongs to the day of the answer.
    shared.database.rows(CORRECTION, first.start["message_id"])
    # A visitor who comes on another day comes back.
    shared.database.rows(
        "update oneai.chatbot_visitors set last_seen_at = last_seen_at - interval '2 days' where chatbot_id = %s",
        website.chatbot,
    )
    await website.ask(visitor, "Hello again", conversation_id=talk)
    roll_up(shared.database)
    # What is forgotten stays counted.
    forgotten = await shared.http.delete(f"{website.path}/visitor", headers=visitor)
    assert forgotten.status_code == 204
    later = await read(shared, who)
    assert [later[name] for name in (*names[:2], "visitors_new", "visitors_returning")] == [2, 8, 2, 1]
    assert later["by_day"][-1]["charged_micro_usd"] == later["charged_micro_usd"]
    assert later["charged_micro_usd"] >= counted["charged_micro_usd"] + 1000

    await _compare(shared, who, website.chatbot, later)

    detail = await read(shared, who, f"chatbots/{website.chatbot}")
    assert detail["charged_micro_usd"] == later["charged_micro_usd"]
    # Only who asked for a person and got one has waited.
    assert 57_000 <= detail["to_person_ms"]["p50"] == detail["to_person_ms"]["p95"] <= 63_000
    assert detail["pages"] == [{"name": "https://example.com/tea", "conversations": 1}]
    assert detail["first_token_ms"]["p50"] <= detail["first_token_ms"]["p95"] <= detail["answer_ms"]["p95"] * 1.1
    as_lines = {"format": "csv", "table": "by_chatbot"}
    file = await shared.http.get("/analytics/overview", params=as_lines, headers=shared.headers(who))
    lines = file.text.split("\r\n")
    assert lines[0].startswith("chatbot_id,name,conversations,messages")
    assert lines[1].startswith(f"{website.chatbot},Help,2,8,")


async def _compare(world: World, who: str, chatbot: str, month: dict[str, Any]) -> None:
    """The period before is as long as the one that is asked for, and has its own figures."""

    async def compared(since: str) -> dict[str, Any]:
        return await read(world, who, compare="true", **{"from": since, "to": month["to"]})

    whole, today = await compared(month["from"]), await compared(month["to"])
    assert (whole["before"]["conversations"], len(whole["by_day"])) == (0, 30)
    world.database.rows("update oneai.chatbot_days set day = day - 1 where chatbot_id = %s", chatbot)
    moved = await compared(month["to"])
    names = ("conversations", "messages", "visitors", "satisfaction", "charged_micro_usd")
    assert {name: moved["before"][name] for name in names} == {name: today[name] for name in names}
    assert (moved["conversations"], moved["before"]["to"]) == (0, moved["before"]["from"])
    world.database.rows("update oneai.chatbot_days set day = day + 1 where chatbot_id = %s", chatbot)


async def test_chosen_chatbots_are_compared_and_those_of_other_workspaces_are_not_found(shared: World) -> None:
    who, other = shared.newcomer(), shared.newcomer()
    websites = [Website.of(shared, who) for _ in range(3)]
    for questions, website in enumerate(websites, start=1):
        for _ in range(questions):
            await website.ask(await website.visitor(), "Do you ship?")
    first, second, third = (each.chatbot for each in websites)
    foreign = insert_chatbot(shared.database, shared.people[other])

    async def counted(*chatbots: str, who: str = who) -> Any:
        chosen = {"chatbot_id": chatbots}
        answer = await shared.http.get("/analytics/overview", params=chosen, headers=shared.headers(who))
        if not answer.is_success:
            return answer.status_code
        found = answer.json()
        return found["conversations"], {each["chatbot_id"]: each["conversations"] for each in found["by_chatbot"]}

    assert await counted() == (6, {first: 1, second: 2, third: 3})
    assert await counted(first, third, first) == (4, {first: 1, third: 3})
    assert await counted(second) == (2, {second: 2})
    # The chatbots of a request are in one workspace, which the user reads.
    assert [await counted(first, foreign), await counted(first, who=other)] == [404, 404]
    assert await counted(*[first] * 51) == 422
    shared.database.rows("update oneai.workspaces set time_zone = 'Asia/Kolkata' where id = %s", shared.people[who])
    chosen = await read(shared, who, chatbot_id=second)
    assert chosen["time_zone"] == "Asia/Kolkata"


def test_days_are_added_up_again_in_another_time_zone(database: Database) -> None:
    user = database.user("asha@example.com")
    chatbot = insert_chatbot(database, user)
    database.rows("update oneai.workspaces set time_zone = 'Asia/Kolkata' where id = %s", user)
    # 19:00 UTC is the next day in Kolkata.
    note = "select oneai.note_figures(%s, %s::timestamptz, array[row('conversations', '', 1)]::oneai.figure_change[])"
    database.rows(note, chatbot, "2026-11-20T19:00:00Z")
    assert _days(database, chatbot) == {"2026-11-21": 1}

    database.rows("update oneai.workspaces set time_zone = 'UTC' where id = %s", user)
    database.rows(note, chatbot, "2026-11-20T19:01:00Z")
    assert _days(database, chatbot) == {"2026-11-20": 2}


def _days(database: Database, chatbot: str | UUID) -> dict[str, int]:
    """The days that a run adds up."""
    roll_up(database)
    rows = database.rows("select day::text, amount from oneai.chatbot_days where chatbot_id = %s order by 1", chatbot)
    return {str(day): int(amount) for day, amount in rows}
