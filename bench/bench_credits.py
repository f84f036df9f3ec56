"""Measures credits: admitting and settling answers that they pay beside those of plan units, for a thousand workspaces
and one hot one; verifying a million entries; the daily root over 100,000 chains; and a page of transactions among a
million entries beside a read by primary key. An argument chooses a part: `answers` or `ledger`.
"""

import asyncio
import hashlib
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import psycopg

from bench import bench_quota, stack
from bench.bench_quota import CLIENTS, Connection, admit_question, connected, pairs_per_second, settle_answer
from bench.bench_usage import Reader
from bench.people import User
from bench.progress import Progress
from bench.report import median, ms, ratio, step, table
from bench.stack import Stack
from oneai import cursors
from oneai.billing import prepaid_credits
from oneai.billing.ledger_roots import sign_daily_root
from oneai.plans import PLANS
from oneai.plans.credit_terms import CREDITS
from oneai.plans.request_terms import TierTerms, terms_to_json
from oneai.postgres import db

ROUNDS = 5
PEOPLE = (1000, 1)
AIM = 1.15
ENTRIES = 1_000_000
CHAINS = 100_000
BATCH = 20_000
PAGES = 200
_REPOSITORY = Path(__file__).parents[1]

# What an answer of local/echo costs is below the least charge of an answer, as most answers are.
_CREDIT_ANSWER = replace(
    bench_quota.TERMS, quota_key="large_messages", daily_ceiling_micro_usd=None, models=("local/echo",)
)
# As oneai.chat passes them: of each tier, and of credits.
_TERMS = terms_to_json(
    {
        CREDITS: TierTerms(answers=(_CREDIT_ANSWER,), history_bytes=128_000),
        **dict.fromkeys(
            PLANS,
            TierTerms(free=True, answers=(bench_quota.TERMS,), answers_at_once=1_000_000, history_bytes=128_000),
        ),
    }
)


async def admit_and_settle(connection: Connection, user: User) -> None:
    """One question and its answer, with the terms of both sources."""
    message = uuid4()
    await admit_question(connection, user, message, terms=_TERMS)
    await settle_answer(connection, message)


async def measure_answers(running: Stack) -> dict[tuple[int, str], list[float]]:
    """Answers per second by number of workspaces and by what pays, measured in turns."""
    rates: dict[tuple[int, str], list[float]] = {}
    running.use_deployed_clock()
    progress = Progress((ROUNDS + 1) * len(PEOPLE) * 2, "measurements")
    async with connected(running.database) as connections:
        for round_ in range(ROUNDS + 1):
            for count in PEOPLE:
                for source in ("plan", "credits"):
                    people = running.people(count)
                    ids = [user.id for user in people]
                    if source == "credits":
                        running.rows(
                            "select oneai.grant_credits(id, gen_random_uuid(), 'paid', 1000000000, "
                            "oneai.now() + interval '1 year') from unnest(%s::uuid[]) as id",
                            ids,
                        )
                        running.rows("update oneai.workspaces set payment_sources = 'credits' where id = any(%s)", ids)
                    running.rows("checkpoint")
                    rate = await pairs_per_second(connections, people, admit_and_settle)
                    check_payer(running, ids, source)
                    if round_:
                        rates.setdefault((count, source), []).append(rate)
                    progress.show(round_ * len(PEOPLE) * 2 + len(PEOPLE), f"{count} workspaces, {source}")
    progress.end()
    return rates


def check_payer(running: Stack, ids: list[UUID], source: str) -> None:
    """Raises AssertionError unless this source paid every answer of these workspaces."""
    found = running.rows(
        "select distinct paid_by from oneai.reservations where workspace_id = any(%s) and settled_at is not null", ids
    )
    assert found == [(source,)], found


def seed_ledger(running: Stack, hot: UUID) -> None:
    """A chain of ENTRIES entries with its movements, and CHAINS chains of two entries."""
    progress = Progress(ENTRIES + CHAINS, "entries and chains")
    running.rows("select oneai.grant_credits(%s, gen_random_uuid(), 'paid', %s, 'infinity')", hot, 10**15)
    for first in range(0, ENTRIES - 2, 2 * BATCH):
        more = min(2 * BATCH, ENTRIES - 2 - first)
        running.rows(
            """
            do $$
            begin
              for n in 1 .. %s loop
                perform oneai.post_movement(%L, 'use', concat_ws(':', 'use', gen_random_uuid()),
                  '{"paid": -200, "used": 200}');
              end loop;
            end
            $$
            """.replace("%s", str(more // 2)).replace("%L", f"'{hot}'")
        )
        progress.show(first + more)
    running.rows(
        "update oneai.credit_grants set remaining_micro_usd = remaining_micro_usd - %s, used_micro_usd = %s",
        *[200 * (ENTRIES - 2) // 2] * 2,
    )
    for first in range(0, CHAINS, BATCH):
        running.rows(
            "select oneai.grant_credits(gen_random_uuid(), gen_random_uuid(), 'paid', 10000000, 'infinity') "
            "from generate_series(1, %s)",
            BATCH,
        )
        progress.show(ENTRIES + first + BATCH)
    progress.end()
    running.rows("analyze")


def verify(running: Stack) -> tuple[float, float, float]:
    """Seconds to export the whole ledger, to verify it, and to read its lines with one hash each."""
    environment = {**os.environ, "DATABASE_URL": running.database}
    step("exporting the ledger")
    with tempfile.TemporaryFile() as file:
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "ops.ledger_export"], env=environment, stdout=file, check=True)
        exported = time.perf_counter() - started
        seconds = []
        for program in ([str(_REPOSITORY / "ops/ledger_verify.py")], ["-c", _ONE_HASH]):
            step("verifying it" if program[0] != "-c" else "reading it")
            file.seek(0)
            started = time.perf_counter()
            subprocess.run([sys.executable, *program], stdin=file, check=True)
            seconds.append(time.perf_counter() - started)
    return exported, seconds[0], seconds[1]


_ONE_HASH = """
import hashlib, json, sys
for line in sys.stdin:
    row = json.loads(line)
    hashlib.sha256(repr(row).encode()).hexdigest()
"""


async def measure_roots(running: Stack) -> dict[str, float]:
    """Seconds of the root of a day on which all chains grew, of one on which none did, and of one hash for each chain;
    and the megabytes by which the process grew."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = {}
    for name in ("all chains grew", "no chain grew"):
        step(f"the root of a day, {name}")
        # The stack's own job makes the root of each day that has none.
        running.rows("update local.clock set ahead = ahead + interval '1 day'")
        started = time.perf_counter()
        made = await sign_daily_root()
        seconds[name] = time.perf_counter() - started
        assert made == {"roots": 1, "chains": CHAINS + 1}, made
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    started = time.perf_counter()
    for row in running.rows("select workspace_id, entries, last_hash from oneai.credit_balances"):
        hashlib.sha256(repr(row).encode()).hexdigest()
    seconds["one hash for each chain"] = time.perf_counter() - started
    return seconds | {"megabytes": grown}


async def measure_pages(running: Stack, hot: UUID) -> dict[str, float]:
    """Median seconds of a page of transactions and of a read by primary key, in turns."""
    owner = Reader(hot)
    async with await psycopg.AsyncConnection.connect(running.database, autocommit=True) as connection:

        async def key() -> None:
            found = await connection.execute(
                "select * from oneai.ledger_entries where workspace_id = %s and number between %s and %s",
                [hot, ENTRIES // 2, ENTRIES // 2 + 19],
            )
            await found.fetchall()

        async def newest() -> None:
            await prepaid_credits.list_transactions(owner, 20, None)

        async def middle() -> None:
            await prepaid_credits.list_transactions(owner, 20, cursors.encode(ENTRIES // 2))

        async def entries() -> None:
            await prepaid_credits.list_entries(owner, 20, cursors.encode(ENTRIES // 2))

        ways: dict[str, Callable[[], Awaitable[None]]] = {
            "20 rows by primary key": key,
            "the newest page of transactions": newest,
            "a page in the middle": middle,
            "a page of the chain": entries,
        }
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(PAGES):
            for name, read in ways.items():
                started = time.perf_counter()
                await read()
                seconds[name].append(time.perf_counter() - started)
    return {name: median(values) for name, values in seconds.items()}


async def measure_ledger(running: Stack, hot: UUID) -> None:
    """Prints the pages' times, and those of the roots."""
    try:
        pages = await measure_pages(running, hot)
        table([f"a workspace with {ENTRIES:,} entries", "ms"], [[name, ms(value)] for name, value in pages.items()])
        base = pages["20 rows by primary key"]
        for name, value in pages.items():
            if value != base:
                ratio(f"{name} to 20 rows by primary key", value / base)
        roots = await measure_roots(running)
    finally:
        await db.close()
    grown = roots.pop("megabytes")
    table([f"a root over {CHAINS:,} chains", "seconds"], [[name, f"{value:.1f}"] for name, value in roots.items()])
    print(f"The process grew by {grown:.0f} MB.")
    for name in ("all chains grew", "no chain grew"):
        ratio(f"a root, {name}, to one hash for each chain", roots[name] / roots["one hash for each chain"])


def answers() -> None:
    """Measures and prints admitting and settling."""
    with stack.running() as running:
        os.environ |= running.variables | {"LEDGER_KEY": "07" * 32}
        rates = asyncio.run(measure_answers(running))
    table(
        [f"{CLIENTS} clients at once, {os.cpu_count()} cores", "answers a second"],
        [[f"{count} workspaces, {source}", f"{median(values):.0f}"] for (count, source), values in rates.items()],
    )
    for count in PEOPLE:
        rounds = zip(rates[count, "plan"], rates[count, "credits"], strict=True)
        name = f"admit and settle with credits to plan units, {count} workspaces"
        ratio(name, median([plan / credit for plan, credit in rounds]), AIM)


def ledger() -> None:
    """Measures and prints pages, roots and verification, after ten minutes of making entries."""
    with stack.running() as running:
        os.environ |= running.variables | {"LEDGER_KEY": "07" * 32}
        hot = running.people(1)[0].id
        seed_ledger(running, hot)
        asyncio.run(measure_ledger(running, hot))
        exported, verified, read = verify(running)
    table(
        [f"{ENTRIES + 2 * CHAINS:,} entries", "seconds"],
        [["export", f"{exported:.1f}"], ["verification", f"{verified:.1f}"], ["one hash a line", f"{read:.1f}"]],
    )
    ratio("verification to one hash a line", verified / read)


def main() -> None:
    """Measures what the arguments name: `answers`, `ledger` or, without one, both."""
    parts = {"answers": answers, "ledger": ledger}
    for name in sys.argv[1:] or parts:
        parts[name]()


if __name__ == "__main__":
    main()
