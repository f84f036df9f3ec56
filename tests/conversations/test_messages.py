"""Reading a conversation, page by page from either end."""

import json
from typing import Any
from uuid import uuid4

import pytest

from local.limits import INVOCATION_BYTES
from oneai import cursors
from tests.chat.traces import fields
from tests.talks import conversation
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)


async def page(world: World, talk: str, who: str, **params: Any) -> dict[str, Any]:
    """One page of messages."""
    answer = await world.get(f"/conversations/{talk}/messages", who, **params)
    assert answer.status_code == 200, answer.text
    # The event that Lambda would hand back holds the body as a JSON string.
    assert len(json.dumps(answer.text, ensure_ascii=False).encode()) < INVOCATION_BYTES - 10_000
    found: dict[str, Any] = answer.json()
    return found


async def pages(world: World, talk: str, who: str, **params: Any) -> list[list[dict[str, Any]]]:
    """All pages, the newest first."""
    found = []
    while True:
        one = await page(world, talk, who, **params)
        found.append(one["items"])
        if one["next_cursor"] is None:
            return found
        params["cursor"] = one["next_cursor"]


def numbers(items: list[dict[str, Any]]) -> list[int]:
    """The positions of the messages."""
    return [item["sequence_number"] for item in items]


async def test_the_newest_page_comes_first_and_each_is_in_reading_order(shared: World) -> None:
    who = shared.newcomer()
    talk = conversation(shared, who, 203)

    found = await pages(shared, talk, who)

    assert [(items[0]["sequence_number"], items[-1]["sequence_number"]) for items in found] == [
        *((154, 203), (104, 153), (54, 103), (4, 53), (1, 3))
    ]
    assert [number for items in reversed(found) for number in numbers(items)] == list(range(1, 204))


async def test_pages_from_the_beginning_continue_the_previous_one(shared: World) -> None:
    who = shared.newcomer()
    talk = conversation(shared, who, 203)

    found = await pages(shared, talk, who, direction="newer")

    assert [(items[0]["sequence_number"], items[-1]["sequence_number"]) for items in found] == [
        *((1, 50), (51, 100), (101, 150), (151, 200), (201, 203))
    ]
    assert [number for items in found for number in numbers(items)] == list(range(1, 204))


@pytest.mark.parametrize("direction", ["older", "newer"])
async def test_both_directions_visit_every_message(direction: str, shared: World) -> None:
    who = shared.newcomer()
    talk = conversation(shared, who, 10)

    found = await pages(shared, talk, who, limit=3, direction=direction)
    assert sorted(number for items in found for number in numbers(items)) == list(range(1, 11))

    newest = await page(shared, talk, who, limit=3)
    assert numbers(newest["items"]) == [8, 9, 10]
    back = await page(shared, talk, who, limit=1, direction="newer", cursor=newest["next_cursor"])
    assert numbers(back["items"]) == [9]
    end = await page(shared, talk, who, limit=3, direction="newer", cursor=cursors.encode(10))
    assert end == {"items": [], "compared": [], "next_cursor": None, "summarised_until": None}


async def test_a_page_can_begin_after_a_message_in_either_direction(shared: World) -> None:
    who = shared.newcomer()
    talk = conversation(shared, who, 10)
    middle = (await page(shared, talk, who, limit=5))["items"][0]
    assert middle["sequence_number"] == 6

    older = await page(shared, talk, who, limit=2, starting_after=middle["id"])
    newer = await page(shared, talk, who, limit=2, starting_after=middle["id"], direction="newer")
    assert (numbers(older["items"]), numbers(newer["items"])) == ([4, 5], [7, 8])
    on = await page(shared, talk, who, starting_after=middle["id"], direction="newer", cursor=newer["next_cursor"])
    assert numbers(on["items"]) == [9, 10]


async def test_a_page_cannot_begin_after_a_hidden_or_foreign_message(shared: World) -> None:
    who, stranger = shared.newcomer(), shared.newcomer()
    talk, other = conversation(shared, who, 2), conversation(shared, who, 2)
    messages = (await page(shared, talk, who))["items"]
    shared.database.rows("update oneai.chat_messages set is_latest = false where id = %s", messages[1]["id"])
    path = f"/conversations/{talk}/messages"
    elsewhere = (await page(shared, other, who))["items"][0]["id"]

    for message, reader in ((messages[1]["id"], who), (elsewhere, who), (messages[0]["id"], stranger)):
        refused = await shared.get(path, reader, starting_after=message)
        assert (refused.status_code, refused.json()["error"]["code"]) == (404, "not_found")
    invalid = await shared.get(path, who, starting_after="first")
    assert (invalid.status_code, fields(invalid.json()["error"])) == (422, ["starting_after"])


async def test_a_new_message_is_on_a_later_page_toward_the_end(shared: World) -> None:
    who = shared.newcomer()
    talk = conversation(shared, who, 4)
    first = await page(shared, talk, who, limit=3, direction="newer")

    await shared.ask("Meanwhile", who, conversation_id=talk)

    rest = await page(shared, talk, who, limit=10, direction="newer", cursor=first["next_cursor"])
    assert (numbers(rest["items"]), rest["next_cursor"]) == ([4, 5, 6], None)


@pytest.mark.parametrize("direction", ["", "up", "Older"])
async def test_an_unknown_direction_is_refused(direction: str, shared: World) -> None:
    answer = await shared.get(f"/conversations/{uuid4()}/messages", direction=direction)

    assert (answer.status_code, fields(answer.json()["error"])) == (422, ["direction"])


async def test_the_size_of_a_page_counts_all_that_is_sent(shared: World) -> None:
    who = shared.newcomer()
    talk = conversation(shared, who, 100)
    shared.database.rows(
        """update oneai.chat_messages set metadata = jsonb_build_object('attachments',
          jsonb_build_array(jsonb_build_object('type', 'text', 'name', 'a.txt', 'text', repeat(chr(1), 10000))))
        where conversation_id = %s""",
        talk,
    )
    shared.database.rows(
        "insert into oneai.message_feedback (message_id, user_id, rating, note) "
        "select id, user_id, 1, repeat(chr(1), 2000) from oneai.chat_messages where conversation_id = %s",
        talk,
    )

    for direction in ("older", "newer"):
        found = await pages(shared, talk, who, limit=100, direction=direction)
        assert len(found) > 5
        assert sum(map(len, found)) == 100
    whole = await shared.get(f"/conversations/{talk}", who)
    assert len(json.dumps(whole.text, ensure_ascii=False).encode()) < INVOCATION_BYTES - 10_000


@pytest.mark.parametrize(("limit", "messages"), [(1, 3), (2, 4), (100, 100), (100, 101), (7, 20)])
async def test_pages_have_the_requested_length_and_none_is_empty(limit: int, messages: int, shared: World) -> None:
    who = shared.newcomer()

    found = await pages(shared, conversation(shared, who, messages), who, limit=limit)

    assert sum(map(len, found)) == messages
    assert all(len(items) == limit for items in found[:-1])
    assert 0 < len(found[-1]) <= limit


async def test_a_new_message_shifts_no_page(shared: World) -> None:
    who = shared.newcomer()
    talk = conversation(shared, who, 20)
    newest = await page(shared, talk, who, limit=5)

    await shared.ask("Meanwhile", who, conversation_id=talk)

    older = await page(shared, talk, who, limit=5, cursor=newest["next_cursor"])
    assert numbers(newest["items"]) == [16, 17, 18, 19, 20]
    assert numbers(older["items"]) == [11, 12, 13, 14, 15]


async def test_a_conversation_without_messages_is_empty(shared: World) -> None:
    who = shared.newcomer()

    assert await page(shared, conversation(shared, who, 0), who) == {
        "items": [],
        "compared": [],
        "next_cursor": None,
        "summarised_until": None,
    }


@pytest.mark.sampled(0.3)
@pytest.mark.parametrize("letter", ["a", '"', "\n", "\\", "\x01", "क", "😀"], ids=ascii)
async def test_pages_of_long_messages_fit_into_a_lambda_response(letter: str, shared: World) -> None:
    who = shared.newcomer()
    content = letter * (300_000 // len(letter.encode()))
    talk = conversation(shared, who, 12, content)

    found = await pages(shared, talk, who)

    assert 1 < len(found) <= 12
    assert [number for items in reversed(found) for number in numbers(items)] == list(range(1, 13))
    assert all(item["content"] == f"{item['sequence_number']}{content}" for items in found for item in items)


@pytest.mark.sampled(0.25)
@pytest.mark.parametrize("letter", ["a", '"', "\x01", "क"], ids=ascii)
async def test_the_longest_possible_message_can_be_read_again(letter: str, shared: World) -> None:
    who = shared.newcomer()
    shared.database.rows(
        "update oneai.workspaces set subscription_tier = 'enterprise' where id = %s", shared.people[who]
    )
    talk = conversation(shared, who, 0)
    refused = sent = 0
    for size in (5_400_000, 2_700_000, 1_400_000, 900_000, 800_000):
        # A letter first, because a message of control characters alone is empty.
        message = "a" + letter * (size // len(letter.encode()))
        body = json.dumps({"message": message, "conversation_id": talk, "model": "local/no-done"}, ensure_ascii=False)
        headers = shared.headers(who, **{"content-type": "application/json"})
        answer = await shared.http.post("/chat/stream", content=body.encode(), headers=headers)
        if answer.status_code == 200:
            sent += 1
            newest = await page(shared, talk, who, limit=1)
            (question,) = (await page(shared, talk, who, limit=1, cursor=newest["next_cursor"]))["items"]
            assert question["content"] == message
        else:
            refused += 1
            assert (answer.status_code, answer.json()["error"]["code"]) in [
                (422, "invalid_request"),
                (413, "body_too_large"),
            ]
    assert sent
    assert refused or letter in "aक"


async def test_pictures_too_large_to_send_are_left_out_and_the_text_is_kept(shared: World) -> None:
    who = shared.newcomer()
    talk = conversation(shared, who, 2)
    shared.database.rows(
        "update oneai.chat_messages set metadata = jsonb_build_object('images', "
        "jsonb_build_array('data:image/png;base64,' || repeat('A', 7000000), 'https://example.com/b.png')) "
        "where conversation_id = %s and sequence_number = 2",
        talk,
    )

    (answer,) = (await page(shared, talk, who, limit=1))["items"]

    assert (answer["content"], answer["metadata"]) == ("2", {"images_left_out": 2})


async def test_the_text_of_a_running_answer_can_be_read(shared: World) -> None:
    async with shared.asking("Go on", model="local/slow") as stream:
        for _ in range(3):
            assert await stream.next() is not None
        start = stream.result.start
        while True:
            items = (await page(shared, start["conversation_id"], "asha"))["items"]
            if items[-1]["content"]:
                break
        assert (items[-1]["id"], items[-1]["state"]) == (start["message_id"], "streaming")
        assert (items[-1]["model"], items[-1]["usage"], items[-1]["finish_reason"]) == ("local/slow", None, None)
        assert ("slowly " * 300).startswith(items[-1]["content"])
        await shared.post("/chat/stop", {"message_id": start["message_id"]})
        while await stream.next() is not None:
            pass
    items = (await page(shared, start["conversation_id"], "asha"))["items"]
    assert (items[-1]["state"], items[-1]["content"]) == ("stopped", stream.result.text)


async def test_the_chosen_revision_is_shown_with_the_number_of_revisions(shared: World) -> None:
    who = shared.newcomer()
    start = (await shared.ask("Hello", who)).start
    shared.database.rows(
        """
        insert into oneai.chat_messages (conversation_id, user_id, role, content, model_id, sequence_number,
          parent_message_id, original_message_id, revision_number, revision_type, is_chosen, is_latest)
        select conversation_id, user_id, role, 'Another answer', model_id, sequence_number, parent_message_id, id, 1,
          'regeneration', false, false
        from oneai.chat_messages where id = %s
        """,
        start["message_id"],
    )

    items = (await page(shared, start["conversation_id"], who))["items"]

    assert numbers(items) == [1, 2]
    assert [(each["revision_count"], each["revision_position"]) for each in items] == [(1, 1), (2, 1)]
    assert items[1]["id"] == start["message_id"]
