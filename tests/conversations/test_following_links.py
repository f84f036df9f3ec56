"""Following a link: its pages, tokens never issued, and what a reader may do with what they read."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from oneai import cursors
from oneai.postgres import db
from tests.conversations.links import create_link, open_link, read_link
from tests.talks import conversation
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)


@pytest.mark.parametrize("kind", ["snapshot", "live"])
@pytest.mark.parametrize(("messages", "limit"), [(0, 50), (1, 1), (7, 3), (50, 50), (51, 50), (203, 100)])
async def test_pages_run_from_the_first_message_to_the_last(
    kind: str, messages: int, limit: int, shared: World
) -> None:
    link = await create_link(shared, conversation(shared, "asha", messages), kind=kind)
    params: dict[str, Any] = {"limit": limit}
    found: list[list[int]] = []
    while True:
        page = (await open_link(shared, link.token, **params)).json()["messages"]
        found.append([message["sequence_number"] for message in page["items"]])
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]

    assert [number for numbers in found for number in numbers] == list(range(1, messages + 1))
    assert all(len(numbers) == limit for numbers in found[:-1])


@pytest.mark.parametrize("letter", ["a", "\x01", "क"], ids=ascii)
async def test_pages_of_long_messages_are_shorter(letter: str, shared: World) -> None:
    content = letter * (300_000 // len(letter.encode()))
    link = await create_link(shared, conversation(shared, "asha", 8, content))

    assert await read_link(shared, link.token) == [f"{number}{content}" for number in range(1, 9)]


@pytest.mark.parametrize(
    "cursor", ["", "garbage", "bnVsbA", cursors.encode("1"), cursors.encode(1, 2), "💥", "x" * 501]
)
async def test_a_foreign_cursor_is_refused_by_name(cursor: str, shared: World) -> None:
    link = await create_link(shared, conversation(shared, "asha", 2))

    answer = await open_link(shared, link.token, cursor=cursor)

    assert (answer.status_code, answer.json()["error"]["details"][0]["field"]) == (422, "cursor")


@pytest.mark.parametrize("number", [-(10**40), -1, 0, 2**31, 10**40])
async def test_a_forged_cursor_leads_beyond_the_ends_and_breaks_nothing(number: int, shared: World) -> None:
    link = await create_link(shared, conversation(shared, "asha", 2))

    page = (await open_link(shared, link.token, cursor=cursors.encode(number))).json()["messages"]

    assert len(page["items"]) == (2 if number <= 0 else 0)


@pytest.mark.parametrize(
    "token",
    [
        *(
            "x",
            "%00",
            "a%00b",
            "%F0%9F%92%A5",
            "%FF%FE",
            "%ED%A0%80",
            "a" * 7000,
            "..%2F..",
            "' or 1=1 --",
            "null",
            "%2e",
        ),
        *("{}", "0" * 64, str(uuid4()), "%0d%0aset-cookie:x=1"),
    ],
    ids=range(15),
)
async def test_an_unknown_token_finds_nothing(token: str, shared: World) -> None:
    for method, path, body in (("GET", "", None), ("POST", "/fork", None), ("POST", "/report", {"reason": "Odd"})):
        answer = await shared.http.request(method, f"/shared/{token}{path}", json=body, headers=shared.headers())
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
        assert "set-cookie" not in answer.headers


async def test_a_token_opens_its_link_alone(shared: World) -> None:
    link = await create_link(shared, conversation(shared, "asha", 2))
    stored = shared.database.one("select encode(token_hash, 'hex') from oneai.shares where id = %s", link.id)

    for near in (
        link.token[:-1],
        link.token.lower(),
        link.token.upper(),
        f"{link.token}=",
        f" {link.token}",
        stored,
        link.id,
    ):
        assert (await open_link(shared, near)).status_code == 404, near
    assert (await open_link(shared, link.token)).status_code == 200


async def test_no_log_line_contains_a_token_even_on_failure(
    shared: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    link = await create_link(shared, conversation(shared, "asha", 2))
    caplog.set_level("INFO", "oneai")

    async def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError("the database spoke Latin")

    await open_link(shared, link.token, cursor="garbage")
    await shared.post(f"/shared/{link.token}/report", {}, None)
    with monkeypatch.context() as broken:
        broken.setattr(db, "as_service", fail)
        broken.setattr(db, "call_long", fail)
        answers = [
            await open_link(shared, link.token),
            await shared.post(f"/shared/{link.token}/report", {"reason": "Wrong"}, None),
            await shared.post(f"/shared/{link.token}/fork", None),
        ]

    assert [answer.status_code for answer in answers] == [500] * 3
    ours = [record for record in caplog.records if record.name == "oneai"]
    routes = [vars(record)["route"] for record in ours]
    assert routes == ["/shared/{token}", "/shared/{token}/report", "/shared/{token}/fork"]
    written = "".join(f"{vars(record)} {record.exc_text}" for record in ours)
    assert "the database spoke Latin" in written
    assert link.token not in written


async def fork(world: World, token: str, who: str | None = "ravi", key: str | None = None) -> Any:
    """Forks a link's conversation as `who`."""
    headers = world.headers(who, **({"idempotency-key": key} if key else {}))
    return await world.http.post(f"/shared/{token}/fork", headers=headers)


async def test_a_reader_continues_a_shared_conversation_in_their_account(shared: World) -> None:
    owner, reader = shared.newcomer(), shared.newcomer()
    talk = (await shared.ask("First", owner)).start["conversation_id"]
    await shared.ask("Second", owner, conversation_id=talk)
    shared.database.rows(
        "update oneai.conversations set title = 'Rain', system_prompt = 'Mine', model = 'local/slow' where id = %s",
        talk,
    )
    link = await create_link(shared, talk, owner)
    then = await read_link(shared, link.token)
    await shared.ask("Third", owner, conversation_id=talk, model="local/echo")

    forked = await fork(shared, link.token, reader)

    assert forked.status_code == 201
    copy = forked.json()["conversation_id"]
    items = (await shared.get(f"/conversations/{copy}/messages", reader)).json()["items"]
    theirs = (await shared.get(f"/conversations/{talk}/messages", owner)).json()["items"]
    assert [item["content"] for item in items] == then
    assert [item["model"] for item in items] == [item["model"] for item in theirs[:4]]
    assert not {item["id"] for item in items} & {item["id"] for item in theirs}
    assert [item["parent_message_id"] for item in items] == [None, *(item["id"] for item in items[:-1])]
    assert [(item["sequence_number"], item["revision_count"]) for item in items] == [(n, 1) for n in (1, 2, 3, 4)]
    assert [item["usage"] for item in items] == [None] * 4
    assert shared.database.one(
        "select title, system_prompt, model, total_cost_micro_usd from oneai.conversations where id = %s", copy
    ) == ("Rain", None, "local/slow", 0)
    assert (await shared.get(f"/conversations/{copy}/messages", owner)).status_code == 404

    await shared.ask("What next?", reader, conversation_id=copy, model="local/echo")
    assert len(await read_link(shared, link.token)) == 4


async def test_a_fork_replaces_attachments_and_pictures_by_their_count(shared: World) -> None:
    talk = conversation(shared, "asha", 2)
    kept = [{"type": "file", "name": "plan.txt", "media_type": "text/plain", "size": 12, "text": "Secret plan"}]
    shared.database.rows(
        "update oneai.chat_messages set metadata = %s where conversation_id = %s",
        *(json.dumps({"attachments": kept, "images": [{"key": "u/1"}]}), talk),
    )
    link = await create_link(shared, talk)

    copy = (await fork(shared, link.token)).json()["conversation_id"]

    metadata = shared.database.rows("select metadata from oneai.chat_messages where conversation_id = %s", copy)
    assert metadata[0]["attachments"] == [{"type": "file", "name": "plan.txt", "media_type": "text/plain", "size": 12}]
    assert metadata[0]["images_left_out"] == 1
    again = await open_link(shared, (await create_link(shared, copy, "ravi")).token)
    assert again.json()["messages"]["items"][0]["images"] == 1
    assert "Secret" not in json.dumps(metadata)


async def test_only_the_owner_can_fork_a_conversation_that_forbids_copies(shared: World) -> None:
    link = await create_link(shared, conversation(shared, "asha", 2), fork=False)

    refused = await fork(shared, link.token)

    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")
    assert (await fork(shared, link.token, "asha")).status_code == 201
    assert (await fork(shared, link.token, None)).status_code == 401


async def test_forking_again_makes_another_copy_unless_the_key_is_the_same(shared: World) -> None:
    reader = shared.newcomer()
    link, other = [await create_link(shared, conversation(shared, "asha", 3)) for _ in range(2)]

    plain = [(await fork(shared, link.token, reader)).json()["conversation_id"] for _ in range(2)]
    keyed = await asyncio.gather(*(fork(shared, link.token, reader, "again") for _ in range(8)))
    elsewhere = await fork(shared, other.token, reader, "again")
    another = await fork(shared, link.token, shared.newcomer(), "again")

    assert {answer.status_code for answer in keyed} == {201}
    copies = {answer.json()["conversation_id"] for answer in keyed}
    everything = {*plain, *copies, elsewhere.json()["conversation_id"], another.json()["conversation_id"]}
    assert (len(set(plain)), len(copies), len(everything)) == (2, 1, 5)
    for copy in everything:
        numbers = "select sequence_number from oneai.chat_messages where conversation_id = %s order by 1"
        assert shared.database.rows(numbers, copy) == [1, 2, 3]


async def test_an_answer_being_written_is_left_out_of_a_fork(shared: World) -> None:
    async with shared.asking("Go on", model="local/slow") as stream:
        for _ in range(3):
            assert await stream.next() is not None
        start = stream.result.start
        link = await create_link(shared, start["conversation_id"], kind="live")

        copy = (await fork(shared, link.token)).json()["conversation_id"]

        await shared.post("/chat/stop", {"message_id": start["message_id"]})
        while await stream.next() is not None:
            pass
    assert shared.database.rows("select content from oneai.chat_messages where conversation_id = %s", copy) == ["Go on"]


async def test_a_suspended_user_cannot_fork_and_an_incomplete_sign_up_can(shared: World) -> None:
    suspended, incomplete = shared.newcomer(), shared.newcomer()
    shared.database.rows("update oneai.users set suspended_at = now() where id = %s", shared.people[suspended])
    shared.database.rows("delete from oneai.users where id = %s", shared.people[incomplete])
    link = await create_link(shared, conversation(shared, "asha", 2))

    refused = await fork(shared, link.token, suspended)

    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "account_suspended")
    assert (await fork(shared, link.token, incomplete)).status_code == 201
