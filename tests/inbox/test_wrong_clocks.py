"""Clocks that are wrong, of clients and of Postgres beside the functions: order and results stay right."""

from typing import Any
from uuid import UUID, uuid4

from oneai import cursors
from tests.chatbots.made import insert_chatbot
from tests.chatbots.visitors import Website
from tests.inbox.talks import ids, inbox, insert_talk
from tests.workspaces.teams import in_workspace, insert_team, refusal
from tests.world import World

DAY = 24 * 3600
DATES = ("Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "yesterday", "")
FIRST, LAST = "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00"


async def test_dates_that_a_client_sends_in_headers_change_no_answer(shared: World) -> None:
    owner = shared.newcomer()
    team = insert_team(shared.database, shared.people[owner], tier="team")
    website = Website.of_workspace(shared, team)
    visitor = await website.visitor()
    talk = (await website.ask(visitor, "Hello")).start["conversation_id"]
    await website.post(visitor, f"conversations/{talk}/handoff")
    mine = shared.headers(owner) | {"oneai-workspace": str(team)}
    paths = (
        ("/inbox/changes?after=0", mine),
        ("/inbox/conversations", mine),
        (f"/inbox/conversations/{talk}", mine),
        (f"{website.path}/conversations/{talk}", visitor),
    )
    for path, headers in paths:
        expected = await shared.http.get(path, headers=headers)
        assert expected.status_code == 200
        for date in DATES:
            dated = headers | dict.fromkeys(("date", "if-modified-since", "if-unmodified-since", "if-range"), date)
            answer = await shared.http.get(path, headers=dated)
            assert (answer.status_code, answer.json()) == (200, expected.json()), (path, date)

    # Only the tag of the content says that nothing changed.
    tagged = await shared.http.get("/inbox/changes?after=0", headers=mine)
    again = mine | {"if-none-match": tagged.headers["etag"], "if-modified-since": DATES[0]}
    assert (await shared.http.get("/inbox/changes?after=0", headers=again)).status_code == 304
    await website.post(visitor, "chat", {"message": "Anyone?", "conversation_id": talk})
    later = await shared.http.get("/inbox/changes?after=0", headers=again | {"if-modified-since": DATES[1]})
    assert later.status_code == 200
    assert len(later.json()["items"]) == len(tagged.json()["items"]) + 1


async def test_times_of_a_wrong_clock_in_filters_cursors_and_snoozes_are_followed(shared: World) -> None:
    owner = shared.newcomer()
    team = insert_team(shared.database, shared.people[owner], tier="team")
    chatbot = insert_chatbot(shared.database, team)
    talks = [insert_talk(shared.database, chatbot, f"Question {number}") for number in range(3)]
    newest = await ids(shared, team, owner)
    assert sorted(newest) == sorted(talks)

    zero, most = str(UUID(int=0)), str(UUID(int=2**128 - 1))
    for sort, time, found in (
        ("newest", LAST, newest),
        ("newest", FIRST, []),
        ("oldest", LAST, []),
        ("oldest", FIRST, newest[::-1]),
    ):
        cursor = cursors.encode(time, most if sort == "newest" else zero)
        assert await ids(shared, team, owner, sort=sort, cursor=cursor) == found, (sort, time)
    for time in ("infinity", "now", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30T00:00:00Z"):
        refused = await in_workspace(
            shared, team, "GET", "/inbox/conversations", who=owner, cursor=cursors.encode(time, zero)
        )
        assert refusal(refused) == (422, "invalid_request"), time
    for period, found in (
        ({"from": FIRST}, newest),
        ({"to": LAST}, newest),
        ({"from": LAST}, []),
        ({"to": FIRST}, []),
        ({"from": LAST, "to": FIRST}, []),
    ):
        assert await ids(shared, team, owner, **period) == found, period
    for outside in ({"from": "0001-01-01", "tz": "Asia/Tokyo"}, {"to": "9999-12-31"}):
        refused = await in_workspace(shared, team, "GET", "/inbox/conversations", who=owner, **outside)
        assert refusal(refused) == (422, "invalid_request"), outside

    # A time that is over when it is sent wakes the conversation with the next list, and a far one lasts.
    for until, status in ((FIRST, "bot"), ("2020-01-01T00:00:00Z", "bot"), (LAST, "snoozed")):
        path = f"/inbox/conversations/{talks[0]}"
        sent = {"status": "snoozed", "snoozed_until": until}
        assert (await in_workspace(shared, team, "PATCH", path, sent, who=owner)).status_code == 200
        assert (await inbox(shared, team, owner, status=status))["counts"]["snoozed"] == (status == "snoozed")
        assert (await in_workspace(shared, team, "GET", path, who=owner)).json()["status"] == status


async def test_numbers_of_changes_that_never_were_are_refused(shared: World) -> None:
    owner = shared.newcomer()
    team = insert_team(shared.database, shared.people[owner], tier="team")
    insert_talk(shared.database, insert_chatbot(shared.database, team), "Hello")
    for after, expected in ((2**63 - 1, 410), (2**63, 422), (-1, 422), (LAST, 422), ("1e3", 422)):
        asked = await in_workspace(shared, team, "GET", "/inbox/changes", who=owner, after=after)
        assert asked.status_code == expected, after


async def test_a_conversation_is_in_order_while_the_clock_of_postgres_is_wrong(own_world: World) -> None:
    """The functions have the real time, and their tokens of visitors end by it."""
    world, owner = own_world, "asha"
    team = insert_team(world.database, world.people[owner], tier="team")
    website = Website.of_workspace(world, team)
    visitor = await website.visitor()
    talk = (await website.ask(visitor, "What do you sell?")).start["conversation_id"]
    other = (await website.ask(await website.visitor(), "And here?")).start["conversation_id"]
    await website.post(visitor, f"conversations/{talk}/handoff")
    after: dict[str, Any] = {"after": (await _changes(world, team, owner, {}))["next"]}
    seen = [each["number"] for each in (await _said(website, visitor, talk, 0))["items"]]
    written = []
    for step, seconds in enumerate((0, -DAY, 0, 41 * DAY, 0, -40 * DAY, 0)):
        world.database.advance(seconds)
        message = {"message": f"Visitor's {step}", "conversation_id": talk, "message_id": str(uuid4())}
        assert (await website.post(visitor, "chat", message)).status_code == 202
        reply = {"content": f"Member's {step}", "message_id": str(uuid4())}
        assert (await world.post(f"/inbox/conversations/{talk}/messages", reply, owner)).status_code == 201
        written += [message["message"], reply["content"]]
        # Each page has what it has not seen, and no more.
        items = (await _said(website, visitor, talk, seen[-1]))["items"]
        assert [each["content"] for each in items] == written[-2:]
        seen += [each["number"] for each in items]
        changed = await _changes(world, team, owner, after)
        kinds = [(each["conversation_id"], each["kind"]) for each in changed["items"]]
        assert kinds.count((talk, "message")) == 2
        assert {each["n"] for each in changed["items"]} == set(range(after["after"] + 1, changed["next"] + 1))
        after = {"after": changed["next"]}
    assert seen == list(range(1, 17))
    inside = (await in_workspace(world, team, "GET", f"/inbox/conversations/{talk}", who=owner)).json()
    assert [each["content"] for each in inside["items"]][2:] == written

    # A list passes each conversation once, even if its times go back.
    first = await inbox(world, team, owner, limit=1)
    second = await inbox(world, team, owner, limit=1, cursor=first["next_cursor"])
    assert sorted(each["id"] for each in (*first["items"], *second["items"])) == sorted((talk, other))
    assert second["next_cursor"] is None


async def _changes(world: World, team: UUID, who: str, after: dict[str, Any]) -> dict[str, Any]:
    answer = await in_workspace(world, team, "GET", "/inbox/changes", who=who, **after)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _said(website: Website, visitor: dict[str, str], talk: str, after: int) -> dict[str, Any]:
    read: dict[str, Any] = (await website.get(visitor, f"conversations/{talk}?after={after}")).json()
    return read
