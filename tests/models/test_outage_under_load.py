"""OpenRouter is away for ten minutes while people ask: no answer is lost, and no two answers are mixed.

The ten minutes are those of the clock by which a provider is set aside. They pass between the rounds of questions.
"""

import asyncio
from collections import Counter

import pytest

from oneai.models.set_aside import MAX_SECONDS
from stand_ins import openrouter as openrouter_stand_in
from tests.models.operator import MODEL, Routes
from tests.provider_keys.answering import over
from tests.world import OpenStream, StreamResult

PEOPLE, OUTAGE, ROUND = 12, 600, 20
OPENROUTERS, OPENAIS = "This is the local stand-in for", "You asked"


async def begun(stream: OpenStream) -> None:
    """Waits until the model has written."""
    while await stream.next() is not None:
        if stream.result.text:
            return
    raise AssertionError(stream.result)


def stored(routes: Routes, result: StreamResult) -> tuple[str, str]:
    """State and text of an answer."""
    query = "select state, content from oneai.chat_messages where id = %s"
    (row,) = routes.world.database.rows(query, result.start["message_id"])
    return str(row[0]), str(row[1])


@pytest.mark.exhaustive
async def test_no_answer_is_lost_in_ten_minutes_without_openrouter(routes: Routes) -> None:
    routes.openrouter.app = openrouter_stand_in.create(pause=0.05)
    world, people = routes.world, [routes.world.newcomer() for _ in range(PEOPLE)]
    world.database.rows("update oneai.usage_quotas set quota_limit = 1000 where quota_key = 'small_messages'")
    await routes.listed()
    states: Counter[str] = Counter()

    async def breaks_off(who: str) -> StreamResult:
        async with world.asking("Tell me about cat 7", who, model=MODEL) as stream:
            await begun(stream)
            written.append(who)
            if len(written) == PEOPLE:
                routes.openrouter.close()
            return await stream.to_the_end()

    written: list[str] = []
    broken = await asyncio.gather(*map(breaks_off, people))
    await over()
    for result in broken:
        state, text = stored(routes, result)
        states[state] += 1
        # What OpenRouter wrote is kept and nothing is added to it.
        assert (state, text, OPENAIS in text) == ("truncated", result.text, False)
        assert text.startswith(OPENROUTERS[: len(text)])
        assert result.code in ("upstream_error", "upstream_unavailable")

    for _ in range(0, OUTAGE, ROUND):
        results = await asyncio.gather(*(world.ask("Tell me about dog 7", who, model=MODEL) for who in people))
        await over()
        for result in results:
            state, text = stored(routes, result)
            states[state] += 1
            assert (state, text, result.last["provider"]) == ("complete", result.text, "openai")
            assert text.startswith(OPENAIS)
            assert OPENROUTERS not in text
        routes.wait(ROUND)

    asked = PEOPLE * (1 + OUTAGE // ROUND)
    print(f"{asked} answers: {states['truncated']} broke off in the middle, {states['failed']} failed before it")
    assert states == {"truncated": PEOPLE, "complete": asked - PEOPLE}
    # It is asked again only when its time is over: by the questions of a few rounds, each with its retry.
    assert routes.openrouter.refused < asked

    routes.openrouter.open()
    routes.wait(MAX_SECONDS + 1)
    again = await world.ask("Tell me about fox 7", people[0], model=MODEL)
    await over()
    assert (again.last["state"], again.text.startswith(OPENROUTERS)) == ("complete", True)
    assert await routes.status() == ("operational", "operational")
    for who in people:
        used, reserved = world.quota(who)
        assert (used, reserved) == (1 + OUTAGE // ROUND + (who == people[0]), 0)
