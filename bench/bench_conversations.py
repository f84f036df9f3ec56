"""Measures reads and searches among 100,000 conversations with 2,000,000 messages, and checks their indexes.

Each request is one of the package, as its user, and is compared with a look-up of the same rows by primary key.
Some are measured again for a member of ten teams, in turns with the same user in none.
`python -m bench.bench_conversations 0.01` uses less data.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg

from bench import plans, seed
from bench.report import median, ms, ratio, step, table
from local import postgres
from local.data_folder import data_folder
from oneai import conversations, settings
from oneai.conversations import BranchRequest, ConversationFilters, HistoryRequest, SearchRequest
from oneai.postgres import db

ROUNDS = 31
TEAMS = 10
# The longest time of a member of that many teams relative to that of the same user without a team.
MEMBER_AIM = 1.05


@dataclass(frozen=True)
class Reader:
    """A signed-in user."""

    user_id: UUID

    @property
    def claims(self) -> str:
        """The claims of their token."""
        return json.dumps({"sub": str(self.user_id), "role": "authenticated"})

    @property
    def workspace_id(self) -> UUID:
        """Their personal workspace."""
        return self.user_id


@dataclass
class Case:
    """A request, the rows it shows, and the index it has to use."""

    name: str
    reader: Reader
    do: Callable[[], Awaitable[Any]]
    index: str

    async def ids(self) -> list[UUID]:
        """The keys of the shown rows. The key of a title is that of its conversation."""
        items = (await self.do()).items
        return [getattr(item, "id", None) or item.message_id or item.conversation_id for item in items]


def cases(seeded: seed.Seeded) -> list[Case]:
    """The measured requests."""
    first, second, other = (Reader(seeded.people[at]) for at in (0, 1, -1))

    def looking(name: str, reader: Reader, q: str) -> Case:
        request = SearchRequest.model_validate({"q": q, "in": "messages"})
        return Case(name, reader, lambda: conversations.search(reader, request), "search_entries_words")

    longest = seeded.longest
    return [
        Case(
            "newest page of the longest conversation",
            first,
            lambda: conversations.list_messages(first, longest),
            "chat_messages_visible",
        ),
        Case(
            "oldest page of it",
            first,
            lambda: conversations.list_messages(first, longest, BranchRequest(direction="newer")),
            "chat_messages_visible",
        ),
        Case(
            "its questions to a model that was never asked",
            first,
            lambda: conversations.list_messages(first, longest, BranchRequest(role="user", model="unknown/model")),
            "chat_messages_visible",
        ),
        Case(
            "the list of conversations",
            other,
            lambda: conversations.list_conversations(other, ConversationFilters.model_validate({})),
            "conversations_newest",
        ),
        Case(
            "history",
            other,
            lambda: conversations.list_history(other, HistoryRequest.model_validate({})),
            "chat_messages_of_user",
        ),
        looking(f"search: {seed.RARE}, said once by anybody", second, seed.RARE),
        looking("search: the, one's most common word", other, "the"),
        looking("search: the, of whom the longest is", first, "the"),
        looking("search: langauge, a slip", other, "langauge"),
        looking('search: "in the", a phrase', other, '"in the"'),
        looking("search: lang, a beginning", other, "lang"),
        looking("search: l, a shorter one", other, "l"),
    ]


TABLES: dict[str, LiteralString] = {
    "messages": "select * from oneai.chat_messages where id = any(%s)",
    "conversations": "select * from oneai.conversations where id = any(%s)",
}


async def timed(case: Case) -> tuple[float, float, int]:
    """Seconds of the request and of looking up the same rows by key, measured in turns, and the number of rows."""
    ids = await case.ids()
    query = TABLES["conversations" if "list" in case.name else "messages"]
    ours, plain = [], []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        await case.do()
        between = time.perf_counter()
        found = await db.read_as(case.reader, query, [ids], dict)
        plain.append(time.perf_counter() - between)
        ours.append(between - started)
        assert len(found) == len(ids), (case.name, len(found), len(ids))
    return median(ours), median(plain), len(ids)


async def measure(seeded: seed.Seeded) -> dict[str, tuple[float, float, int]]:
    """The results of `timed` for all cases, by name."""
    measured = {}
    for case in cases(seeded):
        step(case.name)
        measured[case.name] = await timed(case)
    return measured


async def beside_teams(address: str, seeded: seed.Seeded) -> dict[str, float]:
    """The time of a member of TEAMS teams relative to that of the same user in none, by case; the median of ROUNDS
    pairs."""
    reader = Reader(seeded.people[-1])
    ratios: dict[str, list[float]] = {}
    async with await psycopg.AsyncConnection.connect(address, autocommit=True) as connection:
        made = await connection.execute(
            "insert into oneai.workspaces (kind, name) select 'team', 'Bench' from generate_series(1, %s) returning id",
            [TEAMS],
        )
        teams = [row[0] for row in await made.fetchall()]
        for _ in range(ROUNDS + 1):
            alone = await _times_of(reader, seeded)
            await connection.execute(
                "insert into oneai.workspace_members (user_id, workspace_id, role) select %s, t, 'member' "
                "from unnest(%s::uuid[]) as t",
                [reader.user_id, teams],
            )
            for name, seconds in (await _times_of(reader, seeded)).items():
                ratios.setdefault(name, []).append(seconds / alone[name])
            await connection.execute("delete from oneai.workspace_members where workspace_id = any(%s)", [teams])
    return {name: median(values[1:]) for name, values in ratios.items()}


async def _times_of(reader: Reader, seeded: seed.Seeded) -> dict[str, float]:
    """Seconds of each request of this user, by case; the least of three."""
    times = {}
    for case in (each for each in cases(seeded) if each.reader == reader):
        seconds = []
        for _ in range(3):
            started = time.perf_counter()
            await case.do()
            seconds.append(time.perf_counter() - started)
        times[case.name] = min(seconds)
    return times


async def prove(address: str, seeded: seed.Seeded) -> None:
    """Asserts that each case uses its index and scans no large table, and that the unique word is found first."""
    await plans.report_plans(address)
    for case in cases(seeded):
        found = await plans.plans_of(case.do())
        assert case.index in plans.indexes(found), (case.name, found)
        assert not plans.read_through(found), (case.name, found)
    (rare,) = (case for case in cases(seeded) if seed.RARE in case.name)
    assert seed.RARE in (await rare.do()).items[0].snippet
    await db.close()


async def both(address: str, seeded: seed.Seeded) -> tuple[dict[str, tuple[float, float, int]], dict[str, float]]:
    """Measures, and reads the plans afterwards, which takes time."""
    measured = await measure(seeded)
    step(f"a member of {TEAMS} teams")
    members = await beside_teams(address, seeded)
    await prove(address, seeded)
    return measured, members


def main() -> None:
    """Fills its own database, measures, asserts the plans, and prints."""
    size = seed.Size().part(float(sys.argv[1]) if len(sys.argv) > 1 else 1)
    with ExitStack() as resources:
        shelf = data_folder() / "bench"
        shelf.mkdir(exist_ok=True)
        folder = Path(resources.enter_context(tempfile.TemporaryDirectory(dir=shelf)))
        server = postgres.start(folder / "postgres", durable=True)
        resources.callback(postgres.stop, server)
        postgres.build_template(server)
        name = f"bench_{uuid4().hex[:12]}"
        os.environ |= {"DATABASE_URL": postgres.clone(server, name), "DATABASE_POOL_SIZE": "1"}
        settings.reset_cache()
        started = time.perf_counter()
        address = server.url(name, "postgres")
        seeded = seed.fill(address, size)
        step(f"filled in {time.perf_counter() - started:.0f} s")
        measured, members = asyncio.run(both(address, seeded))
    table(
        [
            f"{size.messages:,} messages in {size.conversations:,} conversations",
            "rows",
            "ms",
            "by their keys, ms",
            "ratio",
        ],
        [[name, rows, ms(ours), ms(plain), f"{ours / plain:.1f}"] for name, (ours, plain, rows) in measured.items()],
    )
    newest, oldest = (measured[name][0] for name in list(measured)[:2])
    print("Every plan uses its index; none reads messages, conversations or words from one end to the other.")
    for name, slower in members.items():
        ratio(f"{name}: a member of {TEAMS} teams to the same user in none", slower, MEMBER_AIM)
    ratio(f"the oldest page of {size.longest:,} messages to the newest", oldest / newest, 1.5)


if __name__ == "__main__":
    main()
