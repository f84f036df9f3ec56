"""Compares the webhook with one that only verifies and stores, and measures the processing of ten thousand stored
events.

Both handlers have the deployed form and use the same pool to the same Postgres, which commits durably. Events
alternate, five for each payment as Razorpay sends them. The replay applies stored events one after the other in one
process, as the job does.
"""

import asyncio
import hashlib
import hmac
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bench import stack, subscription_seed
from bench.report import median, ms, ratio, step, table
from bench.stack import Stack
from local.data_folder import REPOSITORY
from local.functions import named_handler
from local.template import read
from oneai import settings
from oneai.billing import process_and_follow_up
from oneai.billing.providers.razorpay import NAME
from oneai.clients import razorpay
from oneai.http.function_url import FunctionUrlHandler, PostedRequest
from oneai.postgres import db

SUBSCRIBERS = 200
WARM_UP = 20
REPLAYED = 10_000
# Ten thousand in a minute are 167 a second. AT_ONCE is the number in flight.
BURST, AT_ONCE = 10_000, 64
SIGNED_WITH = "the webhook's secret"
MEBIBYTE = 1024 * 1024


async def _verify_and_store(request: PostedRequest) -> dict[str, Any]:
    """The minimal work of any webhook."""
    assert razorpay.matching_secret(request.body, request.headers["x-razorpay-signature"])
    await db.call(
        "select oneai.store_event(%s, %s, %s, %s, %s, %s, %s)",
        ["bare", request.headers["x-razorpay-event-id"], "bare", request.body, None, None, None],
    )
    return {"status": "stored"}


def _sent(event_id: str, body: bytes) -> dict[str, Any]:
    signature = hmac.new(SIGNED_WITH.encode(), body, hashlib.sha256).hexdigest()
    return {
        "version": "2.0",
        "rawPath": "/webhooks/razorpay",
        "headers": {"x-razorpay-signature": signature, "x-razorpay-event-id": event_id},
        "requestContext": {"http": {"method": "POST"}},
        "body": body.decode(),
        "isBase64Encoded": False,
    }


async def measure(refs: Sequence[str]) -> dict[tuple[str, str], list[float]]:
    """Seconds by handler and kind of event."""
    function = read(REPOSITORY / "template.yaml").function("webhooks")
    assert function is not None
    handlers = {"bare": FunctionUrlHandler(_verify_and_store, under="/webhooks"), "ours": named_handler(function)}
    seconds: dict[tuple[str, str], list[float]] = {}
    statuses: set[str] = set()
    for at, ref in enumerate(refs):
        for kind, body in subscription_seed.events_of_charge(ref).items():
            for name, handler in handlers.items():
                event = _sent(f"{name} {kind} {ref}", body)
                started = time.perf_counter()
                answer = await handler.answer(event, SimpleNamespace(aws_request_id="bench"))
                took = time.perf_counter() - started
                assert answer["statusCode"] == 200, answer
                statuses.add(json.loads(answer["body"])["status"])
                if at >= WARM_UP:
                    seconds.setdefault((name, kind), []).append(took)
    assert statuses == {"applied", "stored"}, statuses
    await db.close()
    return seconds


def _row(name: str, values: Sequence[float]) -> list[str]:
    cut = statistics.quantiles(values, n=100)
    return [name, *(ms(cut[at - 1]) for at in (50, 90, 95, 99)), ms(max(values))]


def report(seconds: dict[tuple[str, str], list[float]]) -> None:
    """Prints the percentiles, and the ratio over all events of a charge."""
    rows, whole = [], {}
    for name, words in (("bare", "verify and store"), ("ours", "the webhook")):
        values = [each for kind in subscription_seed.KINDS for each in seconds[name, kind]]
        whole[name] = sum(median(seconds[name, kind]) for kind in subscription_seed.KINDS)
        rows.append(_row(f"{words}, all", values))
        if name == "ours":
            rows += [_row(f"{words}, {kind}", seconds[name, kind]) for kind in subscription_seed.KINDS]
    table(["an event, ms", "p50", "p90", "p95", "p99", "most"], rows)
    ratio("the webhook's work for a charge to verifying and storing its five events", whole["ours"] / whole["bare"], 3)


async def burst(running: Stack) -> None:
    """Sends ten thousand events of new subscribers through the real handler in one process, many concurrently; prints
    the rate."""
    function = read(REPOSITORY / "template.yaml").function("webhooks")
    assert function is not None
    handler, few, statuses = named_handler(function), asyncio.Semaphore(AT_ONCE), Counter[str]()

    async def one(event: dict[str, Any]) -> None:
        async with few:
            answer = await handler.answer(event, SimpleNamespace(aws_request_id="bench"))
        statuses[
            json.loads(answer["body"])["status"] if answer["statusCode"] == 200 else str(answer["statusCode"])
        ] += 1

    refs = subscription_seed.subscribers(running, BURST // len(subscription_seed.KINDS))
    events = [
        _sent(f"burst {kind} {ref}", body)
        for ref in refs
        for kind, body in subscription_seed.events_of_charge(ref).items()
    ]
    started = time.perf_counter()
    await asyncio.gather(*(one(event) for event in events))
    seconds = time.perf_counter() - started
    await db.close()
    ((stored, waiting),) = running.rows(
        "select count(*), count(*) filter (where state <> 'processed') from oneai.provider_events "
        "where starts_with(event_id, 'burst ')"
    )
    table(
        [
            f"{BURST:,} events, {AT_ONCE} at once",
            "seconds",
            "events a second",
            "kept",
            "answered",
            "not applied at last",
        ],
        [
            [
                "one process",
                f"{seconds:.1f}",
                f"{BURST / seconds:.0f}",
                f"{stored:,}",
                ", ".join(f"{count:,} {status}" for status, count in statuses.most_common()),
                f"{waiting:,}",
            ]
        ],
    )
    # An event refused with a 503 is sent again. An event answered with 200 must not be lost.
    assert stored >= BURST - statuses["503"], (stored, statuses)
    running.rows("delete from oneai.provider_events where starts_with(event_id, 'burst ')")


def store(running: Stack) -> None:
    """Stores ten thousand pending events of new subscribers."""
    events = [
        (f"replayed {kind} {ref}", kind, body, ref if kind.startswith("sub") else None, ref.replace("sub_", "pay_"))
        for ref in subscription_seed.subscribers(running, REPLAYED // len(subscription_seed.KINDS))
        for kind, body in subscription_seed.events_of_charge(ref).items()
    ]
    running.rows(
        "select oneai.store_event(%s, e.id, e.kind, e.body, e.subscription, e.payment, null) "
        "from unnest(%s::text[], %s::text[], %s::bytea[], %s::text[], %s::text[]) "
        "as e (id, kind, body, subscription, payment)",
        NAME,
        *(list(column) for column in zip(*events, strict=True)),
    )


async def _replay() -> None:
    """Applies all pending events in its own process; prints seconds, memory by half, and its peak."""
    found = await db.as_service(
        "select event_id from oneai.provider_events where state = 'pending' order by received_at, event_id",
        [],
        SimpleNamespace,
    )
    events = [each.event_id for each in found]
    memory, outcomes = [], set()
    started = time.perf_counter()
    for half in (events[: len(events) // 2], events[len(events) // 2 :]):
        for event_id in half:
            outcomes.add(await process_and_follow_up(NAME, event_id, source="reconciliation"))
        memory.append(_resident())
    seconds = time.perf_counter() - started
    await db.close()
    print(
        json.dumps(
            {"events": len(events), "seconds": seconds, "memory": memory, "peak": _peak(), "outcomes": sorted(outcomes)}
        )
    )


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _peak() -> int:
    """The peak memory of this process by Linux. getrusage would include the memory of its parent at the start."""
    (line,) = (each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def replay(running: Stack) -> None:
    """Stores, applies and prints."""
    step(f"storing {REPLAYED:,} events")
    store(running)
    step("applying them")
    done = subprocess.run(
        [sys.executable, "-m", "bench.bench_webhook", "--replay"],
        cwd=REPOSITORY,
        env={**os.environ, **running.variables},
        capture_output=True,
        text=True,
        check=True,
    )
    timing = json.loads(done.stdout.splitlines()[-1])
    ((left,),) = running.rows(
        "select count(*) from oneai.provider_events where payment_provider = %s and state <> 'processed'", NAME
    )
    ((pros,),) = running.rows("select count(*) from oneai.workspaces where subscription_tier = 'pro'")
    assert (timing["events"], left) == (REPLAYED, 0), (timing, left)
    assert pros == SUBSCRIBERS + REPLAYED // len(subscription_seed.KINDS), pros
    first, second = timing["memory"]
    table(
        [
            f"{REPLAYED:,} stored events applied",
            "seconds",
            "events a second",
            "MB after half",
            "MB at the end",
            "MB at most",
        ],
        [
            [
                "one process, one after the other",
                f"{timing['seconds']:.1f}",
                f"{REPLAYED / timing['seconds']:.0f}",
                f"{first / MEBIBYTE:.1f}",
                f"{second / MEBIBYTE:.1f}",
                f"{timing['peak'] / MEBIBYTE:.1f}",
            ]
        ],
    )
    ratio("memory after the second half to after the first", second / first, 1.1)


def main() -> None:
    """Measures and prints."""
    if "--replay" in sys.argv:
        asyncio.run(_replay())
        return
    with stack.running() as running:
        os.environ |= running.variables | {"RAZORPAY_WEBHOOK_SECRET": SIGNED_WITH}
        settings.reset_cache()
        refs = subscription_seed.subscribers(running, SUBSCRIBERS)
        step(f"{SUBSCRIBERS} charges, five events each")
        report(asyncio.run(measure(refs)))
        running.rows("delete from oneai.provider_events where payment_provider = 'bare'")
        replay(running)
        step(f"{BURST:,} events, {AT_ONCE} at once")
        asyncio.run(burst(running))


if __name__ == "__main__":
    main()
