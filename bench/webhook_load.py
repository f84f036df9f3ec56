"""Ten thousand events at once: stored and then applied one after the other, as the job does, and sent to the webhook
many at a time."""

import asyncio
import json
import os
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

from bench.report import ratio, step, table
from bench.stack import Stack
from bench.webhook_events import Charges, of_new_subscribers, posted
from local.data_folder import REPOSITORY
from local.functions import named_handler
from local.template import read
from oneai.billing import process_and_follow_up, providers
from oneai.clients import midtrans, stripe
from oneai.postgres import db

EVENTS = 10_000
# Ten thousand in a minute are 167 a second. AT_ONCE is the number in flight.
AT_ONCE = 64
MEBIBYTE = 1024 * 1024


def run(running: Stack, charged: Sequence[Charges]) -> None:
    """Measures both, and prints the results."""
    whose = "Razorpay" if len(charged) == 1 else "the three in turn"
    running.rows("delete from oneai.provider_events")
    step(f"storing {EVENTS:,} events of {whose}")
    store(running, charged)
    step("applying them")
    replay(running, whose)
    running.rows("delete from oneai.provider_events")
    step(f"{EVENTS:,} events of {whose}, {AT_ONCE} at once")
    asyncio.run(burst(running, charged, whose))
    running.rows("delete from oneai.provider_events")


def store(running: Stack, charged: Sequence[Charges]) -> None:
    """Stores ten thousand pending events of new subscribers."""
    events = []
    for charges, kind, body in of_new_subscribers(running, charged, EVENTS):
        provider = providers.of(charges.name)
        event_id = provider.event_id(body, charges.headers(body))
        event = provider.observe(event_id, body)
        events.append((charges.name, event_id, kind, body, event.subscription_ref, event.payment_ref))
    running.rows(
        "select oneai.store_event(e.provider, e.id, e.kind, e.body, e.subscription, e.payment, null) "
        "from unnest(%s::text[], %s::text[], %s::text[], %s::bytea[], %s::text[], %s::text[]) "
        "as e (provider, id, kind, body, subscription, payment)",
        *(list(column) for column in zip(*events, strict=True)),
    )


async def apply_all() -> None:
    """Applies all pending events in its own process; prints seconds, memory by half, and its peak."""
    events = await db.as_service(
        "select payment_provider, event_id from oneai.provider_events where state = 'pending' "
        "order by received_at, event_id",
        [],
        SimpleNamespace,
    )
    memory, outcomes = [], set()
    started, cpu = time.perf_counter(), time.process_time()
    for half in (events[: len(events) // 2], events[len(events) // 2 :]):
        for each in half:
            outcomes.add(await process_and_follow_up(each.payment_provider, each.event_id, source="reconciliation"))
        memory.append(_resident())
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    await _close()
    found = {"events": len(events), "seconds": seconds, "cpu": cpu, "memory": memory, "peak": _peak()}
    print(json.dumps({**found, "outcomes": sorted(outcomes)}))


async def _close() -> None:
    await db.close()
    await stripe.close()
    await midtrans.close()


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _peak() -> int:
    """The peak memory of this process by Linux. getrusage would include the memory of its parent at the start."""
    (line,) = (each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def replay(running: Stack, whose: str) -> None:
    """Applies what is stored, and prints."""
    paid = _paid(running)
    done = subprocess.run(
        [sys.executable, "-m", "bench.bench_webhook", "--replay"],
        cwd=REPOSITORY,
        env={**os.environ, **running.variables},
        capture_output=True,
        text=True,
        check=True,
    )
    timing = json.loads(done.stdout.splitlines()[-1])
    ((stored, left, charged),) = running.rows(
        "select count(*), count(*) filter (where state <> 'processed'), count(distinct subscription_ref) "
        "from (select e.state, s.id as subscription_ref from oneai.provider_events as e "
        "left join oneai.subscriptions as s on s.provider_subscription_id = e.subscription_ref) as found"
    )
    assert (timing["events"], stored) == (EVENTS, EVENTS), timing
    # The last subscriber of each provider may have only its first events here.
    now_paid = _paid(running) - paid
    assert charged - 3 <= now_paid <= charged, (now_paid, charged)
    first, second = timing["memory"]
    table(
        [
            f"{EVENTS:,} stored events of {whose} applied",
            *("seconds", "events a second", "CPU seconds", "parked"),
            *("MB after half", "MB at the end", "MB at most"),
        ],
        [
            [
                "one process, one after the other",
                f"{timing['seconds']:.1f}",
                f"{EVENTS / timing['seconds']:.0f}",
                f"{timing['cpu']:.1f}",
                f"{left:,}",
                *(f"{each / MEBIBYTE:.1f}" for each in (first, second, timing["peak"])),
            ]
        ],
    )
    ratio(f"{whose}: memory after the second half to after the first", second / first, 1.1)


def _paid(running: Stack) -> int:
    ((found,),) = running.rows("select count(*) from oneai.workspaces where subscription_tier = 'pro'")
    return int(found)


async def burst(running: Stack, charged: Sequence[Charges], whose: str) -> None:
    """Sends ten thousand events of new subscribers through the real handler in one process, many concurrently; prints
    the rate."""
    function = read(REPOSITORY / "template.yaml").function("webhooks")
    assert function is not None
    handler, few, statuses = named_handler(function), asyncio.Semaphore(AT_ONCE), Counter[str]()

    async def one(charges: Charges, body: bytes) -> None:
        async with few:
            answer = await handler.answer(posted(charges, body), SimpleNamespace(aws_request_id="bench"))
        answered = answer["statusCode"] == 200
        statuses[json.loads(answer["body"])["status"] if answered else str(answer["statusCode"])] += 1

    events = list(of_new_subscribers(running, charged, EVENTS))
    started = time.perf_counter()
    await asyncio.gather(*(one(charges, body) for charges, _, body in events))
    seconds = time.perf_counter() - started
    await _close()
    ((stored, waiting),) = running.rows(
        "select count(*), count(*) filter (where state not in ('processed', 'parked')) from oneai.provider_events"
    )
    table(
        [
            f"{EVENTS:,} events of {whose}, {AT_ONCE} at once",
            *("seconds", "events a second", "kept", "answered", "not applied at last"),
        ],
        [
            [
                "one process",
                f"{seconds:.1f}",
                f"{EVENTS / seconds:.0f}",
                f"{stored:,}",
                ", ".join(f"{count:,} {status}" for status, count in statuses.most_common()),
                f"{waiting:,}",
            ]
        ],
    )
    # An event refused with a 503 is sent again. An event answered with 200 must not be lost.
    assert stored >= EVENTS - statuses["503"], (stored, statuses)
