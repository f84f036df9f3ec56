"""Measures what a script costs a chatbot, and how much it slows users and the visitors of other chatbots.

The script sends 10,000 requests from ten addresses with 1,000 visitors' tokens to one chatbot with the default limits,
and without a proof of work, because with it the script would get sixty tokens.
Meanwhile users, and visitors of another chatbot, ask one after the other. The reverse is measured too: visitors, while
users ask for many answers at once. On Lambda those who flood have processes with cores of their own, as many as are
reserved, and share the database with others. So the flood has a second gateway over the same database, and both it and
the flooding client run at the lowest priority; the database does not.
`python -m bench.bench_visitor_flood 0.1` sends a tenth.
"""

import asyncio
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import cycle, islice
from multiprocessing import get_context
from typing import Any

from bench import programs, stack, upstream, visitors
from bench.listener import OUR_TOKEN, Listener
from bench.people import User
from bench.report import ms, ratio, step, table
from bench.stack import Stack, Target
from bench.visitors import Chatbot
from oneai.chatbots.fields import Limits

REQUESTS, TOKENS, ADDRESSES, AT_ONCE = 10_000, 1_000, 10, 50
STRANGERS, BETWEEN, BEFORE = 60, 0.25, 1.0
ANSWERS = 90
LONG_ANSWER = upstream.pace(first=0, chunks=30, pause=0.5)
SHORT_ANSWER = upstream.pace(first=0, chunks=1, pause=0)
FLOOD = "flooded"
AIM = 2.0

type Kinds = dict[str, Sequence[Callable[[], Awaitable[float]]]]


async def script(port: int, chatbot: Chatbot, requests: int) -> Counter[str]:
    """Begins this many sessions and asks with their tokens; what became of each request."""
    results: Counter[str] = Counter()
    addresses = cycle(f"127.0.0.{n + 2}" for n in range(ADDRESSES))
    tokens: list[str] = []
    paths = iter(["sessions"] * (requests // 10) + ["chat"] * (requests - requests // 10))

    async def client() -> None:
        listener = await visitors.from_address(port, next(addresses))
        asked = 0
        for path in paths:
            if path == "sessions":
                heard = await listener.send("POST", chatbot.path("sessions"), b"{}")
                if heard.status == 201:
                    tokens.append(json.loads(heard.body)["token"])
            else:
                asked += 1
                token = tokens[(asked * AT_ONCE) % len(tokens)]
                heard = await visitors.ask(listener, chatbot, token, f"What about {chatbot.sentence}?")
            results[f"{path} {heard.status}{_refusal(heard.body)}"] += 1
        listener.close()

    await asyncio.gather(*(client() for _ in range(AT_ONCE)))
    return results


def _refusal(body: bytes) -> str:
    """The code of a refusal, or `offline`."""
    for word in (b"address_limit", b"visitor_limit", b"rate_limited", b"busy"):
        if b'"' + word + b'"' in body:
            return f" {word.decode()}"
    return " offline" if b'"offline"' in body else ""


async def user_asks(running: Stack, user: User) -> float:
    """Seconds to the first token of a user's question."""
    listener = await running.ours.connect()
    heard = await running.ours.ask(listener, SHORT_ANSWER, user)
    listener.close()
    assert heard.first, heard
    return heard.first


async def visitor_asks(target: Target, chatbot: Chatbot) -> float:
    """Seconds to the first token of a new visitor's question, which is asked until an execution is free."""
    token = await visitors.session(target, chatbot)
    listener = await target.connect()
    started = time.perf_counter()
    while True:
        asked = time.perf_counter()
        heard = await visitors.ask(listener, chatbot, token, f"What about {chatbot.sentence}?")
        if heard.first:
            listener.close()
            return asked + heard.first - started
        assert heard.status == 503, heard
        await asyncio.sleep(BETWEEN)


async def strangers(acts: Sequence[Callable[[], Awaitable[float]]]) -> float:
    """The 95th percentile of their first tokens, in seconds; they arrive at a steady rate."""

    async def one(place: int, act: Callable[[], Awaitable[float]]) -> float:
        await asyncio.sleep(place * BETWEEN)
        return await act()

    times = await asyncio.gather(*(one(place, act) for place, act in enumerate(acts)))
    return sorted(times)[len(times) * 95 // 100]


async def answers_at_once(port: int, flooders: Sequence[User]) -> Counter[str]:
    """Many answers of users at once, each as long as the strangers need."""
    body = json.dumps({"message": LONG_ANSWER, "model": upstream.MODEL}).encode()

    async def ask(user: User) -> str:
        listener = await Listener.connect(port)
        heard = await listener.ask("/api/chat/stream", body, OUR_TOKEN, authorization=f"Bearer {user.token}")
        listener.close()
        return str(heard.status)

    return Counter(await asyncio.gather(*(ask(user) for user in flooders)))


def run(flood: Callable[..., Coroutine[None, None, Counter[str]]], *arguments: object) -> Counter[str]:
    """Runs a flood in this process, at the lowest priority."""
    os.setsid()
    programs.yield_to_others(os.getpid())
    return asyncio.run(flood(*arguments))


async def beside(kinds: Kinds, *flood: Any) -> tuple[dict[str, tuple[float, float]], Counter[str]]:
    """The p95 of each kind of stranger in peace and during the flood, and what became of the flood's requests."""
    for acts in kinds.values():
        await acts[0]()
    quiet = {name: await strangers(acts) for name, acts in kinds.items()}
    step("the flood begins")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        going = asyncio.get_running_loop().run_in_executor(process, run, *flood)
        await asyncio.sleep(BEFORE)
        during = {name: await strangers(acts) for name, acts in kinds.items()}
        step("waiting for the end of the flood")
        results = await going
    return {name: (quiet[name], during[name]) for name in kinds}, results


def main() -> None:
    """Measures both directions, checks what was spent, and prints."""
    requests = round(REQUESTS * (float(sys.argv[1]) if len(sys.argv) > 1 else 1))
    with stack.running("bench.executions", visitors.RICH, others={FLOOD: {}}) as running:
        running.use_deployed_clock()
        flooded = running.others[FLOOD].program
        programs.yield_to_others(flooded.process.pid)
        people = running.people(STRANGERS + 2, visitors.NO_LIMIT)
        step("two chatbots with documents")
        default = Limits()
        attacked = visitors.publish(running, people[-1], **default.model_dump())
        other = visitors.publish(running, people[-2])
        users = [lambda user=user: user_asks(running, user) for user in people[:STRANGERS]]
        guests = [lambda: visitor_asks(running.ours, other)] * STRANGERS
        kinds: Kinds = {"a user's question": users, "another chatbot's visitor": guests}
        by_script, results = asyncio.run(beside(kinds, script, flooded.port, attacked, requests))
        answers, spent = running.rows(
            "select sum(answers)::int, sum(micro_usd)::bigint from oneai.chatbot_budgets "
            "where chatbot_id = %s and period = 'quarter_hour'",
            attacked.id,
        )[0]
        costs, left = running.rows(
            "select (select sum(cost_micro_usd) from oneai.usage_events where chatbot_id = %s)::bigint, "
            "(select sum(reserved) from oneai.usage_quotas where workspace_id = %s)::bigint",
            *(attacked.id, attacked.owner.id),
        )[0]
        crowd = list(islice(cycle(people[:STRANGERS]), ANSWERS))
        by_users, _ = asyncio.run(beside({"a visitor's question": guests}, answers_at_once, flooded.port, crowd))
    table(["what became of the script's requests", "count"], sorted(results.items()))
    bound = default.micro_usd_per_day // 6
    table(
        ["the attacked chatbot in this hour", "spent", "bound"],
        [
            ["answers to strangers", answers, -(-default.answers_per_day * 2 // 18)],
            ["micro-dollars, by the budget", spent, bound],
            ["micro-dollars, by the ledger", costs, bound],
            ["units still held", left, 0],
        ],
    )
    found = {f"{name}, beside the script": each for name, each in by_script.items()}
    found |= {f"{name}, beside {ANSWERS} answers of users": each for name, each in by_users.items()}
    table(
        ["first token, p95 in ms", "in peace", "beside", "ratio"],
        [[name, ms(quiet), ms(during), f"{during / quiet:.2f}"] for name, (quiet, during) in found.items()],
    )
    for name, (quiet, during) in found.items():
        ratio(name, during / quiet, AIM)
    assert costs == spent <= bound, (costs, spent)
    assert left == 0, left


if __name__ == "__main__":
    main()
