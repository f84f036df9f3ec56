"""Resets a million quotas. Measures the time beside one plain update of the same rows, the longest wait of a concurrent
reservation, and the memory of the job.

The job runs as deployed, in its own process, while users reserve units of quotas that are or were due.
"""

import json
import os
import random
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from bench import stack
from bench.loading import PERSONAL_WORKSPACES
from bench.report import median, ms, ratio, step, table
from bench.stack import Stack
from local.data_folder import REPOSITORY

ROWS = 1_000_000
KEYS = ("image_generation", "large_messages", "small_messages")
ROUNDS = 2
MEGABYTE = 1_000_000
# The interval of reservations. Users ask all the time, but the measurement must not starve the job.
SECONDS_BETWEEN = 0.005
LINE = json.dumps([{"quota_key": "small_messages", "held": 1}])


def make_people(running: Stack) -> list[UUID]:
    """Inserts users with a million quotas in total, without the trigger that signs them up one by one."""
    step(f"making {ROWS:,} quotas")
    running.rows("set session_replication_role = replica")
    running.rows(
        "create table public.crowd as select gen_random_uuid() as id from generate_series(1, %s)", ROWS // 3 + 1
    )
    running.rows("insert into auth.users (id, aud, role) select id, 'authenticated', 'authenticated' from public.crowd")
    running.rows("insert into oneai.users (id) select id from public.crowd")
    running.rows(PERSONAL_WORKSPACES)
    running.rows("set session_replication_role = origin")
    return [user for (user,) in running.rows("select id from public.crowd tablesample system (1)")]


def run_due(running: Stack) -> None:
    """Makes all users' quotas half used and just expired."""
    running.rows("truncate oneai.usage_quotas")
    running.rows(
        "insert into oneai.usage_quotas (workspace_id, quota_key, subscription_tier, quota_limit, used, reserved, "
        "reset_frequency, window_start, next_reset_at) "
        "select id, key, 'free', 1000000, 5, 1, case key when 'image_generation' then '3hour' else 'monthly' end, "
        "oneai.now() - interval '1 month', oneai.now() - interval '1 second' "
        "from public.crowd, unnest(%s::text[]) as key",
        list(KEYS),
    )
    running.rows("vacuum (freeze, analyze) oneai.usage_quotas")
    running.rows("checkpoint")


def plain_update(running: Stack) -> float:
    """The seconds of the same change as one statement."""
    run_due(running)
    step("one plain update")
    started = time.perf_counter()
    running.rows(
        "update oneai.usage_quotas set used = 0, reserved = 0, updated_at = now(), window_start = now(), "
        "next_reset_at = next_reset_at + interval '1 month' where next_reset_at <= now()"
    )
    return time.perf_counter() - started


def make_reservations(running: Stack, people: list[UUID], count: int) -> list[tuple[UUID, UUID]]:
    """Inserts reservations without lines for random users, as admit would."""
    made: list[tuple[UUID, UUID]] = running.rows(
        "insert into oneai.reservations "
        "(id, workspace_id, user_id, held_until, subscription_tier, model_asked, price_version, spend_day) "
        "select gen_random_uuid(), asker, asker, oneai.now() + oneai.lease(), 'free', 'local/echo', 'bench', "
        "oneai.today() "
        "from unnest(%s::uuid[]) as asker returning user_id, id",
        random.choices(people, k=count),
    )
    return made


def reserve_until(connection: psycopg.Connection[Any], waiting: list[tuple[UUID, UUID]], done: Any) -> list[float]:
    """Reserves at intervals until `done()`. Returns the seconds of each reservation."""
    took = []
    for user, reservation in waiting:
        if done():
            break
        started = time.perf_counter()
        connection.execute("select oneai.reserve(%s, %s, %s)", [user, reservation, LINE])
        took.append(time.perf_counter() - started)
        time.sleep(SECONDS_BETWEEN)
    return took


def resident(process: subprocess.Popen[bytes]) -> int:
    """The current memory of the process in bytes."""
    return int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def reset(running: Stack, people: list[UUID]) -> tuple[float, list[float], list[int]]:
    """The seconds of the job, the seconds of each concurrent reservation, and the job's memory over time."""
    run_due(running)
    waiting = make_reservations(running, people, 100_000)
    memory: list[int] = []
    with psycopg.connect(running.database, autocommit=True) as connection:
        step("the reset")
        started = time.perf_counter()
        folder = REPOSITORY / "functions" / "quota_reset"
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "local.invoke",
                folder,
                "main.handler",
                '{"frequency": "monthly"}',
                "--name",
                "bench",
            ],
            env={**os.environ, **running.variables},
            stdout=subprocess.DEVNULL,
        )

        def done() -> bool:
            with suppress(FileNotFoundError, IndexError):
                memory.append(resident(process))
            return process.poll() is not None

        took = reserve_until(connection, waiting, done)
        process.wait()
        seconds = time.perf_counter() - started
    (left,) = running.rows("select count(*) from oneai.usage_quotas where next_reset_at <= oneai.now()")[0]
    if left or process.returncode:
        raise SystemExit(f"the job left {left} quotas")
    return seconds, took, [each for each in memory if each]


def main() -> None:
    """Measures and prints."""
    bare, ours, longest, growth = [], [], [], []
    with stack.running() as running:
        people = make_people(running)
        for _ in range(ROUNDS):
            bare.append(plain_update(running))
            seconds, took, memory = reset(running, people)
            ours.append(seconds)
            longest.append(max(took))
            half = len(memory) // 2
            growth.append(max(memory[half:]) / max(memory[:half]))
            step(f"{seconds:.1f} s, {max(memory) / MEGABYTE:.0f} MB")
            step(f"{len(took)} reservations, the longest of {ms(max(took))} ms")
    table(
        [f"{ROWS:,} quotas, {os.cpu_count()} cores", "seconds"],
        [["one plain update", f"{median(bare):.1f}"], ["the reset", f"{median(ours):.1f}"]],
    )
    ratio("the reset to one plain update", median([each / plain for each, plain in zip(ours, bare, strict=True)]), 3)
    print(f"longest wait of a reservation meanwhile: {ms(median(longest))} ms (aim: under 50)")
    ratio("memory after the second half to that after the first", median(growth), 1.1)


if __name__ == "__main__":
    main()
