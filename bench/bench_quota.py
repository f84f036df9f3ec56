"""Measures pairs per second of reserving and settling, and of admitting and settling whole questions, for one busy user
and for a thousand, beside two bare updates of one row each.

It calls Postgres without HTTP, and shows the cost of the SQL functions and of a hot row.
"""

import asyncio
import itertools
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import psycopg

from bench import stack
from bench.people import User
from bench.report import at_least, median, step, table
from bench.stack import Stack
from oneai.chat.turn.question_request import AnswerRequest, QuestionRequest
from oneai.models.outcome import Outcome, OutcomeUsage
from oneai.plans import PLANS
from oneai.plans.request_terms import AnswerTerms, TierTerms, terms_to_json

ROUNDS = 4
SECONDS = 2.0
CLIENTS = 64
PEOPLE = 1000
# More than all clients can settle in one measurement.
RESERVATIONS = 20_000
# The minimum rate relative to bare updates: on one row, and spread over many.
AIMS = {1: 0.9, PEOPLE: 0.7}
# The same for whole questions; those of one user wait for each other.
QUESTION_AIMS = {1: None, PEOPLE: 0.3}

type Connection = psycopg.AsyncConnection[Any]
type Pair = Callable[[Connection, User], Awaitable[None]]

# The arguments of `oneai.admit` and `oneai.settle` as `oneai.chat` passes them.
TERMS = AnswerTerms(
    quota_key="small_messages",
    daily_ceiling_micro_usd=10**12,
    input_tokens=16_000,
    answer_tokens=4_000,
    prompt_micro_usd_per_token="0.2",  # noqa: S106
    completion_micro_usd_per_token="0.8",  # noqa: S106
    price_version="bench",
)
_BY_TIER = terms_to_json(
    dict.fromkeys(PLANS, TierTerms(free=True, answers=(TERMS,), answers_at_once=1_000_000, history_bytes=128_000))
)
_LINE = json.dumps([{"quota_key": "small_messages", "held": 1}])
_OUTCOME = Outcome(
    "complete",
    OutcomeUsage(prompt_tokens=10, completion_tokens=3, cost_micro_usd=5),
    "An answer.",
    finish_reason="stop",
    model="local/echo",
).to_json()


async def admit_and_settle(connection: Connection, user: User) -> None:
    """One question and its answer as two calls of Postgres."""
    message = uuid4()
    await admit_question(connection, user, message)
    await settle_answer(connection, message)


async def admit_question(
    connection: Connection, user: User, message: UUID, conversation: UUID | None = None, terms: str = ""
) -> None:
    """Admits a question in a new conversation, or in this one, with these terms or with those of plans alone."""
    question = QuestionRequest(
        conversation_id=None if conversation is None else str(conversation),
        message="Hello",
        fingerprint="bench",
        require_confirmed=False,
        spend_limit_micro_usd=None,
        passages_bytes=0,
        answers=[AnswerRequest(str(message), "local/echo", [])],
    )
    await connection.execute(
        "select oneai.admit(%s, %s, %s, %s)", [user.id, message, question.to_json(), terms or _BY_TIER]
    )


async def settle_answer(connection: Connection, message: UUID) -> None:
    """Settles its answer."""
    await connection.execute("select oneai.settle(%s, %s)", [message, _OUTCOME])


async def reserve_and_settle(connection: Connection, user: User) -> None:
    """Holds and settles one unit under an existing reservation."""
    reservation = next(_reservations[user.id])
    await connection.execute("select oneai.reserve(%s, %s, %s)", [user.id, reservation, _LINE])
    await connection.execute("select oneai.settle_reservation(%s, 1)", [reservation])


async def two_updates(connection: Connection, user: User) -> None:
    """The minimum cost of counting a unit twice."""
    for _ in range(2):
        await connection.execute("update public.bare set used = used + 1 where id = %s", [user.id])


# Reservations without lines per user, which admit would have made.
_reservations: dict[UUID, Iterator[UUID]] = {}


def make_reservations(running: Stack, people: list[User], each: int) -> None:
    """Inserts this many for every user."""
    made = running.rows(
        "insert into oneai.reservations "
        "(id, workspace_id, user_id, held_until, subscription_tier, model_asked, price_version, spend_day) "
        "select gen_random_uuid(), asker, asker, oneai.now() + oneai.lease(), 'free', 'local/echo', 'bench', "
        "oneai.today() "
        "from unnest(%s::uuid[]) as asker, generate_series(1, %s) returning user_id, id",
        [user.id for user in people],
        each,
    )
    by_user: dict[UUID, list[UUID]] = {}
    for user, reservation in made:
        by_user.setdefault(user, []).append(reservation)
    _reservations.update({user: iter(ids) for user, ids in by_user.items()})


async def pairs_per_second(connections: list[Connection], people: list[User], pair: Pair) -> float:
    """The pairs per second of all clients together; each client takes the next user in turn."""
    started = time.perf_counter()
    turns = itertools.cycle(people)

    async def work(connection: Connection) -> int:
        done = 0
        while time.perf_counter() - started < SECONDS:
            await pair(connection, next(turns))
            done += 1
        return done

    done = await asyncio.gather(*(work(connection) for connection in connections))
    return sum(done) / (time.perf_counter() - started)


PAIRS: dict[str, Pair] = {
    "two bare updates": two_updates,
    "admit and settle": admit_and_settle,
    # Last, because its reservations are open answers, which `admit` would count.
    "reserve and settle": reserve_and_settle,
}


async def measure(running: Stack) -> dict[tuple[int, str], list[float]]:
    """Rates by number of users and kind of pair. Connections are kept, because Postgres plans a function once for
    each."""
    rates: dict[tuple[int, str], list[float]] = {}
    running.use_deployed_clock()
    running.rows("create table public.bare (id uuid primary key, used integer not null default 0)")
    async with connected(running.database) as connections:
        for round_ in range(ROUNDS + 1):
            step(f"round {round_} of {ROUNDS}" if round_ else "warming up")
            for count in AIMS:
                people = running.people(count)
                running.rows("insert into public.bare (id) select unnest(%s::uuid[])", [user.id for user in people])
                running.rows("checkpoint")
                for what, pair in PAIRS.items():
                    if pair is reserve_and_settle:
                        make_reservations(running, people, RESERVATIONS // count)
                    rate = await pairs_per_second(connections, people, pair)
                    if round_:
                        rates.setdefault((count, what), []).append(rate)
    return rates


@asynccontextmanager
async def connected(database: str) -> AsyncIterator[list[Connection]]:
    """CLIENTS connections that commit each statement."""
    connections = [await psycopg.AsyncConnection.connect(database, autocommit=True) for _ in range(CLIENTS)]
    try:
        yield connections
    finally:
        for connection in connections:
            await connection.close()


def main() -> None:
    """Measures and prints."""
    with stack.running() as running:
        rates = asyncio.run(measure(running))
    table(
        [f"{CLIENTS} clients at once, {os.cpu_count()} cores", "pairs a second"],
        [[f"{what}, {count} people", f"{median(values):.0f}"] for (count, what), values in rates.items()],
    )
    for count, aim in AIMS.items():
        for what in ("reserve and settle", "admit and settle"):
            # Round by round, so that other work on the machine slows both.
            rounds = zip(rates[count, what], rates[count, "two bare updates"], strict=True)
            name = f"{what} to two bare updates, {count} people"
            least = aim if what.startswith("reserve") else QUESTION_AIMS[count]
            at_least(name, median([ours / bare for ours, bare in rounds]), least)


if __name__ == "__main__":
    main()
