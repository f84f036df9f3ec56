"""What a refused question must not leave behind."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.world import World


@asynccontextmanager
async def nothing_happens(world: World, who: str) -> AsyncIterator[None]:
    """Nothing is stored, held, counted or asked upstream within."""
    before = await _traces(world, who)
    yield
    assert await _traces(world, who) == before


async def _traces(world: World, who: str) -> Any:
    user = world.people[who]
    stored = world.database.one(
        """
        select (select count(*) from oneai.conversations where user_id = %s),
          (select count(*) from oneai.chat_messages where user_id = %s),
          (select count(*) from oneai.reservations where user_id = %s),
          (select count(*) from oneai.usage_events where user_id = %s),
          (select array_agg((quota_key, used, reserved)::text order by quota_key)
           from oneai.usage_quotas where workspace_id = %s),
          (select sum(held_micro_usd + settled_micro_usd) from oneai.daily_spend)
        """,
        *[user] * 5,
    )
    asked = [request["generation_id"] for request in await world.upstream_requests()]
    return stored, asked


async def refused(world: World, who: str, status: int, code: str, **body: Any) -> dict[str, Any]:
    """A question that is refused, without a trace; the `error` object."""
    async with nothing_happens(world, who):
        answer = await world.post("/chat/stream", {"message": "Hello", **body}, who)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text
    error: dict[str, Any] = answer.json()["error"]
    return error


def fields(error: dict[str, Any]) -> list[str]:
    """The fields that were named."""
    return [detail["field"] for detail in error["details"]]
