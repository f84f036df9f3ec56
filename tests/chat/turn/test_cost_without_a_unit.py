"""A user gets at most ten uncharged answers with a cost in an hour."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest

from oneai.chat import jobs
from tests import effort
from tests.world import OpenStream, World

# Each answer holds its prompt and 8 tokens, and most of these use all of them.
TOKENS = 8
AT_ONCE = 3
BREAKS_OFF, OUTAGE = "local/error-after-reasoning", "local/error-503"


async def test_ten_uncharged_answers_in_an_hour_refuse_the_next_until_the_first_expires(shared: World) -> None:
    who = shared.newcomer()
    for _ in range(10):
        assert (await shared.ask("Hello", who, model=BREAKS_OFF)).last["state"] == "failed"

    refused = await shared.ask("Hello", who, model="local/echo")

    assert (refused.status, refused.code) == (429, "rate_limited")
    assert refused.body["error"]["message"].startswith("Too many of your answers were interrupted")
    assert 3500 < int(refused.headers["retry-after"]) <= 3600
    assert (await shared.post("/quota/quote", {"message": "Hello"}, who)).json()["error"]["code"] == "rate_limited"
    assert (await shared.ask("Hello", shared.newcomer(), model="local/echo")).last["state"] == "complete"
    shared.database.advance(3601)
    assert (await shared.ask("Hello", who, model="local/echo")).last["state"] == "complete"


@pytest.mark.parametrize("model", [OUTAGE, "local/empty", "local/error-429-daily"])
async def test_an_upstream_outage_locks_out_no_user(model: str, shared: World) -> None:
    who = shared.newcomer()

    for _ in range(12):
        assert (await shared.ask("Hello", who, model=model)).last["state"] == "failed"

    assert (await shared.ask("Hello", who, model="local/echo")).last["state"] == "complete"


# Any behaviour of one user


class Ended(NamedTuple):
    """One answer: when it ended, what it was charged, and what it cost (micro-dollars) once its bill was there."""

    at: datetime
    charged: int
    cost: int


class Story:
    """One user who tries to have answers for nothing."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.world, self.chance, self.who = world, chance, world.newcomer()
        user = world.people[self.who]
        world.database.rows("update oneai.usage_quotas set quota_limit = 1000000 where workspace_id = %s", user)
        self.refused = False

    async def act(self) -> None:
        """Does something, or up to three things at once; what is refused is refused."""
        acts: list[Callable[[], Awaitable[object]]] = [
            lambda: self.ask("local/error-after-reasoning"),
            lambda: self.ask("local/error-after-reasoning"),
            lambda: self.ask("local/thinks-to-the-limit"),
            lambda: self.ask("local/thinks-to-the-limit", exclude=True),
            lambda: self.ask("local/reasoning-only"),
            lambda: self.ask("local/tool-call"),
            lambda: self.ask("google/gemini-2.5-flash-image"),
            lambda: self.ask("local/error-503"),
            lambda: self.leave_it("local/reasoning-slowly", self.stop),
            lambda: self.leave_it("local/reasoning-slowly", self.delete),
            lambda: self.leave_it("local/slow", self.stop),
        ]
        at_once = self.chance.choice((1, 1, 2, AT_ONCE))
        await asyncio.gather(*(self.chance.choice(acts)() for _ in range(at_once)))
        if self.chance.random() < (0.5 if self.refused else 0.05):
            self.world.database.advance(self.chance.choice((300, 1200, 3700)))
        self.refused = False

    async def ask(self, model: str, *, exclude: bool = False) -> None:
        asked = {"model": model, "max_tokens": TOKENS, "reasoning": {"exclude": exclude}}
        result = await self.world.ask("In words only", self.who, **asked)
        self.refused |= result.status == 429

    async def leave_it(self, model: str, how: Callable[[OpenStream], Awaitable[None]]) -> None:
        """Starts an answer and ends it: as soon as its id is known, or once the model reasons or writes."""
        heard_first = self.chance.choice((1, 2))
        async with self.world.asking("Hello", self.who, model=model, max_tokens=TOKENS) as answer:
            for _ in range(heard_first):
                if await answer.next() is None:
                    return
            await how(answer)
            await answer.to_the_end()

    async def stop(self, answer: OpenStream) -> None:
        await self.world.post("/chat/stop", {"message_id": answer.result.start["message_id"]}, self.who)

    async def delete(self, answer: OpenStream) -> None:
        path = f"/conversations/{answer.result.start['conversation_id']}"
        await self.world.http.delete(path, headers=self.world.headers(self.who))

    async def ended(self) -> list[Ended]:
        """All their answers, as the upstream bills them."""
        for _ in range(3):
            await jobs.settle_open_answers()
            self.world.database.advance(61)
        return [
            Ended(*row)
            for row in self.world.database.rows(
                "select min(e.created_at) filter (where e.purpose = 'answer'), sum(e.charged)::integer, "
                "sum(e.cost_micro_usd)::integer from oneai.usage_events as e where e.user_id = %s "
                "group by e.message_id order by 1",
                self.world.people[self.who],
            )
        ]

    def dearest(self) -> int:
        """The most that one of their answers could have cost."""
        found: int = self.world.database.one(
            "select max(held_micro_usd) from oneai.reservations where user_id = %s", self.world.people[self.who]
        )
        return found


@pytest.mark.sampled(0.5)
@pytest.mark.parametrize("seed", effort.seeds(2, 40))
async def test_a_user_costs_the_operator_at_most_ten_free_answers_an_hour(shared: World, seed: int) -> None:
    story = Story(shared, effort.rng(f"free-{seed}"))
    for _ in range(40):
        await story.act()

    ended = await story.ended()
    free = [each for each in ended if each.cost and not each.charged]
    assert free, "nothing was tried"
    assert len(free) < len(ended), "nothing was charged"
    for each in free:
        within = [other.cost for other in free if each.at <= other.at < each.at + timedelta(hours=1)]
        assert len(within) <= 10 + AT_ONCE
        assert sum(within) <= (10 + AT_ONCE) * story.dearest()
