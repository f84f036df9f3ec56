"""Ratings added up by model and day."""

import asyncio
from typing import Any

from tests.conversations.test_feedback import rate
from tests.world import World


def counts(world: World, model: str) -> list[Any]:
    """The counts of a model: day, answers, thumbs up, thumbs down."""
    return world.database.rows(
        "select day, answers::integer, positive::integer, negative::integer from oneai.feedback_by_model_day "
        "where model = %s and answers + positive + negative > 0",
        model,
    )


async def test_ratings_are_counted_by_model_and_day_and_a_change_moves_its_count(world: World) -> None:
    today = world.database.one("select oneai.today()")
    first, second = [(await world.ask("Hello", model="local/echo")).start for _ in range(2)]
    assert counts(world, "local/echo") == [(today, 2, 0, 0)]

    for start, rating in ((first, 1), (second, 1), (second, 1), (first, -1)):
        await rate(world, "asha", start["conversation_id"], start["message_id"], {"rating": rating})

    assert counts(world, "local/echo") == [(today, 2, 1, 1)]
    world.database.rows("select oneai.roll_up_usage(1000)")
    assert counts(world, "local/echo") == [(today, 2, 1, 1)]


async def test_a_rating_counts_for_the_day_of_its_answer_and_survives_its_deletion(world: World) -> None:
    yesterday = world.database.one("select oneai.today()")
    start = (await world.ask("Hello", model="local/echo")).start
    world.database.advance(86_400)

    await rate(world, "asha", start["conversation_id"], start["message_id"], {"rating": -1})
    deleted = await world.http.delete(f"/conversations/{start['conversation_id']}", headers=world.headers())

    assert deleted.status_code == 204
    assert world.database.one("select count(*) from oneai.message_feedback") == 0
    assert counts(world, "local/echo") == [(yesterday, 1, 0, 1)]


async def test_twenty_concurrent_ratings_of_twenty_answers_count_twenty_times(world: World) -> None:
    answers = [(await world.ask("Hello", model="local/echo")).start for _ in range(5)]

    rated = await asyncio.gather(
        *(
            rate(world, "asha", start["conversation_id"], start["message_id"], {"rating": rating})
            for start in answers
            for rating in (1, 1, -1, -1)
        )
    )

    assert {answer.status_code for answer in rated} == {200}
    ((_, answer_count, positive, negative),) = counts(world, "local/echo")
    ratings = world.database.rows("select rating from oneai.message_feedback")
    assert (answer_count, positive, negative) == (5, ratings.count(1), ratings.count(-1))
    assert positive + negative == 5


async def test_an_answer_being_written_is_rated_for_the_requested_model(world: World) -> None:
    async with world.asking("Go on", model="local/slow") as stream:
        assert await stream.next() is not None
        start = stream.result.start
        await rate(world, "asha", start["conversation_id"], start["message_id"], {"rating": 1})
        await world.post("/chat/stop", {"message_id": start["message_id"]})
        while await stream.next() is not None:
            pass
    await rate(world, "asha", start["conversation_id"], start["message_id"], {"rating": -1})

    assert [row[1:] for row in counts(world, "local/slow")] == [(1, 0, 1)]


async def test_a_rating_of_text_without_a_model_is_not_counted(world: World) -> None:
    start = (await world.ask("Hello", model="local/echo")).start
    path = f"/conversations/{start['conversation_id']}/messages/{start['message_id']}"
    corrected = (await world.http.patch(path, json={"content": "Mine"}, headers=world.headers())).json()

    answer = await rate(world, "asha", start["conversation_id"], corrected["id"], {"rating": 1})

    assert answer.status_code == 200
    assert [row[1:] for row in counts(world, "local/echo")] == [(1, 0, 0)]
