"""Compares the webhooks of Razorpay, Stripe and Midtrans with one that only verifies, stores and asks the provider, and
measures ten thousand events of Razorpay and ten thousand of the three in turn.

All handlers have the deployed form and use the same pool to the same Postgres, which commits durably. Events alternate,
as each provider sends them for a first charge; another process answers as the API of Stripe and Midtrans
(`bench/provider_answers.py`). CPU is that of the handler's process, without Postgres. `bench/webhook_load.py` applies
and sends the ten thousand. `--only razorpay` measures one provider and its load, if it has one; `--only mixed` the
ten thousand of all three.
"""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import httpx

from bench import programs, stack, webhook_load
from bench.charges_elsewhere import SERVER_KEY
from bench.provider_answers import COUNT
from bench.report import median, ms, ratio, step, table
from bench.subscription_seed import SIGNED_WITH
from bench.webhook_events import Charges, each_provider, posted
from local.data_folder import REPOSITORY
from local.functions import named_handler
from local.template import read
from oneai import settings
from oneai.billing import providers
from oneai.clients import midtrans, stripe
from oneai.http.function_url import FunctionUrlHandler, PostedRequest
from oneai.postgres import db
from stand_ins.stripe import keys_of

SUBSCRIBERS = 200
WARM_UP = 20
# The names of providers under which the minimal handlers store events.
MINIMAL = ("bare", "asking")
BARE, FETCHING, OURS = "verify and store", "verify, store and ask", "the webhook"


class Took(NamedTuple):
    """Seconds of one event, and of the process's CPU."""

    wall: float
    cpu: float


class Measured(NamedTuple):
    """What each handler took by kind of event, and the requests to the provider for a charge: ours, and those of the
    one that only asks."""

    took: dict[tuple[str, str], list[Took]]
    asked: float
    needed: float


type Handler = Callable[[str, str, bytes], Awaitable[str]]


def _minimal(charges: Charges, stored_as: str) -> Callable[[PostedRequest], Awaitable[dict[str, Any]]]:
    """The minimal work of any webhook."""
    provider = providers.of(charges.name)

    async def verify_and_store(request: PostedRequest) -> dict[str, Any]:
        assert provider.verify(request.body, request.headers).problem is None
        event_id = provider.event_id(request.body, request.headers)
        await db.call(
            "select oneai.store_event(%s, %s, %s, %s, %s, %s, %s)",
            [stored_as, event_id, "bare", request.body, None, None, None],
        )
        return {"status": "stored"}

    return verify_and_store


def handlers(charges: Charges) -> tuple[dict[str, Handler], list[int]]:
    """The handlers: each takes a kind, a subscriber and a body, and returns a status. Also the list to which the one
    that asks adds its requests."""
    function = read(REPOSITORY / "template.yaml").function("webhooks")
    assert function is not None
    ours = named_handler(function)
    bare, too = (FunctionUrlHandler(_minimal(charges, name), under="/webhooks") for name in MINIMAL)
    requests: list[int] = []

    async def answered(handler: Any, body: bytes) -> str:
        answer = await handler.answer(posted(charges, body), SimpleNamespace(aws_request_id="bench"))
        assert answer["statusCode"] == 200, answer
        return str(json.loads(answer["body"])["status"])

    async def verifying(_: str, __: str, body: bytes) -> str:
        return await answered(bare, body)

    async def asking(kind: str, subscriber: str, body: bytes) -> str:
        status = await answered(too, body)
        # It asks about another subscriber, because the second status of a page at Midtrans differs.
        requests.append(await charges.fetch_of(kind, subscriber[::-1]))
        return status

    async def whole(_: str, __: str, body: bytes) -> str:
        return await answered(ours, body)

    return {BARE: verifying, FETCHING: asking, OURS: whole}, requests


async def measure(charges: Charges, subscribers: Sequence[str], address: str) -> Measured:
    """Sends each event of each subscriber to each handler, and measures it."""
    by_name, needed = handlers(charges)
    took: dict[tuple[str, str], list[Took]] = {}
    statuses: set[str] = set()
    before = requests_to(address)
    for at, subscriber in enumerate(subscribers):
        for kind, body in charges.events_of_charge(subscriber).items():
            for name, handler in by_name.items():
                wall, cpu = time.perf_counter(), time.process_time()
                statuses.add(await handler(kind, subscriber, body))
                spent = Took(time.perf_counter() - wall, time.process_time() - cpu)
                if at >= WARM_UP:
                    took.setdefault((name, kind), []).append(spent)
    all_asked = requests_to(address) - before
    await db.close()
    await stripe.close()
    await midtrans.close()
    assert statuses == {"applied", "stored"}, statuses
    return Measured(took, (all_asked - sum(needed)) / len(subscribers), sum(needed) / len(subscribers))


def requests_to(address: str) -> int:
    """The requests that the providers' APIs have answered."""
    return int(httpx.get(f"{address}{COUNT}").json()["requests"])


def _row(name: str, values: Sequence[float], cpu: Sequence[float]) -> list[str]:
    cut = statistics.quantiles(values, n=100)
    return [name, *(ms(cut[at - 1]) for at in (50, 90, 95, 99)), ms(max(values)), ms(median(cpu))]


def report(charges: Charges, measured: Measured) -> None:
    """Prints the percentiles, and the ratios over all events of a charge."""
    rows = []
    wall, cpu = dict[str, float](), dict[str, float]()
    for name in (BARE, FETCHING, OURS):
        by_kind = {kind: measured.took[name, kind] for kind in charges.kinds}
        every = [each for values in by_kind.values() for each in values]
        wall[name] = sum(median([each.wall for each in values]) for values in by_kind.values())
        cpu[name] = sum(median([each.cpu for each in values]) for values in by_kind.values())
        rows.append(_row(f"{name}, all", [each.wall for each in every], [each.cpu for each in every]))
        if name == OURS:
            rows += [
                _row(f"{name}, {kind}", [each.wall for each in values], [each.cpu for each in values])
                for kind, values in by_kind.items()
            ]
    title = charges.name.capitalize()
    table([f"an event of {title}, ms", "p50", "p90", "p95", "p99", "most", "CPU p50"], rows)
    print(f"{title}: requests to the API for a charge: {measured.asked:.1f} (needed: {measured.needed:.1f})")
    events = f"its {len(charges.kinds)} events"
    ratio(f"{title}: the webhook's work for a charge to verifying and storing {events}", wall[OURS] / wall[BARE], 3)
    ratio(f"{title}: its CPU to theirs", cpu[OURS] / cpu[BARE])
    if measured.needed:
        ratio(f"{title}: the work to verifying, storing and asking", wall[OURS] / wall[FETCHING], 3)
        ratio(f"{title}: its CPU to theirs", cpu[OURS] / cpu[FETCHING])


def main() -> None:
    """Measures and prints."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--only", choices=("razorpay", "stripe", "midtrans", "mixed"))
    arguments.add_argument("--replay", action="store_true", help="apply what is stored, as `webhook_load` starts it")
    given = arguments.parse_args()
    if given.replay:
        asyncio.run(webhook_load.apply_all())
        return
    with ExitStack() as resources:
        running = resources.enter_context(stack.running())
        folder = Path(resources.enter_context(tempfile.TemporaryDirectory()))
        every = each_provider()
        answers = programs.start("bench.provider_answers", programs.reserve_port(), folder, {})
        resources.callback(answers.stop)
        answers.wait_until_it_listens()
        os.environ |= running.variables | keys_of(answers.address)
        os.environ |= {
            "RAZORPAY_WEBHOOK_SECRET": SIGNED_WITH,
            "MIDTRANS_SERVER_KEY": SERVER_KEY,
            "MIDTRANS_BASE_URL": answers.address,
        }
        settings.reset_cache()
        for charges in every:
            if given.only not in (None, charges.name):
                continue
            subscribers = charges.subscribers(running, SUBSCRIBERS)
            step(f"{SUBSCRIBERS} charges at {charges.name.capitalize()}, {len(charges.kinds)} events each")
            report(charges, asyncio.run(measure(charges, subscribers, answers.address)))
            running.rows("delete from oneai.provider_events where payment_provider = any(%s)", list(MINIMAL))
        if given.only in (None, "razorpay"):
            webhook_load.run(running, every[:1])
        if given.only in (None, "mixed"):
            webhook_load.run(running, every)


if __name__ == "__main__":
    main()
