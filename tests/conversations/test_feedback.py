"""Thumbs up and down on answers."""

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.chat.traces import fields
from tests.world import World


async def rate(world: World, who: str, talk: str, message: str, body: Any) -> httpx.Response:
    """`PUT …/feedback`."""
    path = f"/conversations/{talk}/messages/{message}/feedback"
    return await world.http.put(path, json=body, headers=world.headers(who))


async def shown(world: World, who: str, talk: str) -> list[Any]:
    """The opinions on the messages of a conversation."""
    items = (await world.get(f"/conversations/{talk}/messages", who)).json()["items"]
    return [item["feedback"] for item in items]


async def test_a_rating_is_stored_with_its_answer_until_it_changes(shared: World) -> None:
    who = shared.newcomer()
    start = (await shared.ask("Hello", who)).start
    talk, answer = start["conversation_id"], start["message_id"]
    assert await shown(shared, who, talk) == [None, None]

    first = await rate(shared, who, talk, answer, {"rating": 1, "note": "Just \0right."})
    assert (first.status_code, first.json()) == (200, {"rating": 1, "note": "Just \ufffdright."})
    assert await shown(shared, who, talk) == [None, first.json()]

    second = await rate(shared, who, talk, answer, {"rating": -1})
    assert (second.status_code, second.json()) == (200, {"rating": -1, "note": None})
    assert await shown(shared, who, talk) == [None, second.json()]
    assert shared.database.one("select count(*) from oneai.message_feedback where message_id = %s", answer) == 1


async def test_a_question_cannot_be_rated(shared: World) -> None:
    who = shared.newcomer()
    start = (await shared.ask("Hello", who)).start

    answer = await rate(shared, who, start["conversation_id"], start["user_message_id"], {"rating": 1})

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
    assert await shown(shared, who, start["conversation_id"]) == [None, None]


async def test_users_rate_only_answers_of_their_own_conversations(shared: World) -> None:
    who, other = shared.newcomer(), shared.newcomer()
    mine, yours = (await shared.ask("Hello", who)).start, (await shared.ask("Hello", other)).start
    elsewhere = (await shared.ask("Hello", who)).start

    for talk, message in (
        (mine["conversation_id"], yours["message_id"]),
        (yours["conversation_id"], yours["message_id"]),
        (elsewhere["conversation_id"], mine["message_id"]),
        (mine["conversation_id"], str(uuid4())),
        (str(uuid4()), mine["message_id"]),
    ):
        answer = await rate(shared, who, talk, message, {"rating": 1})
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    assert await shown(shared, other, yours["conversation_id"]) == [None, None]


async def test_an_answer_in_another_branch_can_be_rated(shared: World) -> None:
    who = shared.newcomer()
    start = (await shared.ask("Hello", who)).start
    shared.database.rows(
        "update oneai.chat_messages set is_latest = false, is_chosen = false where id = %s", start["message_id"]
    )

    answer = await rate(shared, who, start["conversation_id"], start["message_id"], {"rating": 1})

    assert answer.status_code == 200


NO_RATINGS: list[Any] = [0, 2, "1", 1.0, 0.5, True, None, [], 10**30]
NO_NOTES: list[Any] = [7, [], "x" * 2001]


@pytest.mark.sampled(0.4)
@pytest.mark.parametrize(
    ("body", "field"),
    [
        *[({"rating": each}, "rating") for each in NO_RATINGS],
        ({}, "rating"),
        *[({"rating": 1, "note": each}, "note") for each in NO_NOTES],
        ({"rating": 1, "stars": 5}, "stars"),
        ([], "body"),
    ],
    ids=lambda each: json.dumps(each)[:30],
)
async def test_an_invalid_rating_is_refused_by_name(body: Any, field: str, shared: World) -> None:
    start = (await shared.ask("Hello")).start

    answer = await rate(shared, "asha", start["conversation_id"], start["message_id"], body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
    assert fields(answer.json()["error"]) == [field]
    assert await shown(shared, "asha", start["conversation_id"]) == [None, None]
