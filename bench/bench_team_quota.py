"""Measures pairs per second of admitting and settling whole questions, and of reserving and settling one unit, for 64
members of one team at once, each with a limit, beside two bare updates of one row.

It calls Postgres without HTTP. All members wait for one row, that of their team.
"""

import asyncio
import json
import os
from collections.abc import Iterator
from functools import partial
from uuid import UUID, uuid4

from bench import stack
from bench.bench_quota import (
    CLIENTS,
    RESERVATIONS,
    ROUNDS,
    Connection,
    Pair,
    admit_question,
    connected,
    pairs_per_second,
    settle_answer,
)
from bench.people import User
from bench.report import at_least, median, step, table
from bench.stack import Stack

BARE, RESERVE, ADMIT = "two bare updates", "reserve and settle", "admit and settle"
# The minimum rate of reserving relative to bare updates. Whole questions of one team wait for each other.
AIM = 0.2
_LINE = json.dumps([{"quota_key": "small_messages", "held": 1}])


def make_team(running: Stack, members: list[User]) -> UUID:
    """A team of these members with large quotas, each limited to half of them."""
    made = "insert into oneai.workspaces (kind, name, subscription_tier) values ('team', 'Bench', 'team') returning id"
    ((team,),) = running.rows(made)
    running.rows(
        "insert into oneai.workspace_members (user_id, workspace_id, role, usage_limit_percent) "
        "select u, %s, 'member', 50 from unnest(%s::uuid[]) as u",
        *(team, [user.id for user in members]),
    )
    running.rows(
        "insert into oneai.usage_quotas (workspace_id, quota_key, subscription_tier, quota_limit, reset_frequency, "
        "window_start, next_reset_at) select %s, quota_key, 'team', 1000000000, reset_frequency, window_start, "
        "next_reset_at from oneai.usage_quotas where workspace_id = %s",
        *(team, members[0].id),
    )
    return UUID(str(team))


async def two_updates(team: UUID, connection: Connection, _user: User) -> None:
    """The minimum cost of counting a unit twice, of one row for all."""
    for _ in range(2):
        await connection.execute("update public.bare set used = used + 1 where id = %s", [team])


async def admit_and_settle(team: UUID, connection: Connection, user: User) -> None:
    """One question of a member, in a new conversation of the team, and its answer."""
    await connection.execute("select set_config('oneai.workspace', %s, false)", [str(team)])
    message = uuid4()
    await admit_question(connection, user, message)
    await settle_answer(connection, message)


async def reserve_and_settle(team: UUID, connection: Connection, user: User) -> None:
    """Holds and settles one unit of the pool and of the member, under an existing reservation."""
    reservation = next(_reservations[user.id])
    await connection.execute("select oneai.reserve(%s, %s, %s, %s)", [team, reservation, _LINE, user.id])
    await connection.execute("select oneai.settle_reservation(%s, 1)", [reservation])


# Reservations without lines per member, which admit would have made.
_reservations: dict[UUID, Iterator[UUID]] = {}


def make_reservations(running: Stack, team: UUID, members: list[User]) -> None:
    """Inserts more for each member than all can settle in one measurement."""
    made = running.rows(
        "insert into oneai.reservations (id, workspace_id, user_id, held_until, subscription_tier, model_asked, "
        "price_version, spend_day, counts_member) select gen_random_uuid(), %s, asker, oneai.now() + oneai.lease(), "
        "'team', 'local/echo', 'bench', oneai.today(), true "
        "from unnest(%s::uuid[]) as asker, generate_series(1, %s) returning user_id, id",
        *(team, [user.id for user in members], RESERVATIONS // len(members)),
    )
    by_user: dict[UUID, list[UUID]] = {}
    for user, reservation in made:
        by_user.setdefault(user, []).append(reservation)
    _reservations.update({user: iter(ids) for user, ids in by_user.items()})


async def measure(running: Stack) -> dict[str, list[float]]:
    """Rates by kind of pair."""
    rates: dict[str, list[float]] = {}
    running.use_deployed_clock()
    members = running.people(CLIENTS)
    team = make_team(running, members)
    running.rows("create table public.bare (id uuid primary key, used integer not null default 0)")
    running.rows("insert into public.bare (id) values (%s)", team)
    pairs: dict[str, Pair] = {
        BARE: partial(two_updates, team),
        ADMIT: partial(admit_and_settle, team),
        # Last, because its reservations are open answers, which `admit` would count.
        RESERVE: partial(reserve_and_settle, team),
    }
    async with connected(running.database) as connections:
        for round_ in range(ROUNDS + 1):
            step(f"round {round_} of {ROUNDS}" if round_ else "warming up")
            running.rows("checkpoint")
            for what, pair in pairs.items():
                if what == RESERVE:
                    make_reservations(running, team, members)
                rate = await pairs_per_second(connections, members, pair)
                if round_:
                    rates.setdefault(what, []).append(rate)
    return rates


def main() -> None:
    """Measures and prints."""
    with stack.running() as running:
        rates = asyncio.run(measure(running))
    table(
        [f"{CLIENTS} members of one team at once, {os.cpu_count()} cores", "pairs a second"],
        [[what, f"{median(values):.0f}"] for what, values in rates.items()],
    )
    for what, aim in ((RESERVE, AIM), (ADMIT, None)):
        # Round by round, so that other work on the machine slows both.
        rounds = zip(rates[what], rates[BARE], strict=True)
        at_least(f"{what} to two bare updates of one row", median([ours / bare for ours, bare in rounds]), aim)


if __name__ == "__main__":
    main()
