"""Measures what the OpenAI-compatible API adds to an answer: streamed and whole chat completions, beside the bare proxy
and the chat's own route. Also measures an API key in place of a token, without limits and with all of them.

All use kept connections, in interleaved rounds. Medians count.
"""

import asyncio
import random

from bench import stack, upstream
from bench.listener import Listener, StreamResult
from bench.people import User
from bench.report import median, ms, ratio, step, table
from bench.stack import Stack, Target

AIM = 3.0
ROUNDS = 8
ASKS = 12
QUESTION = upstream.pace(first=0.05, chunks=4, pause=0.02)
# Far above the number of requests, so that each limit is counted and none refuses.
LIMITS = {
    "budget_micro_usd": 10**12,
    "budget_window": "day",
    "requests_per_minute": 1_000_000,
    "tokens_per_minute": 50_000_000,
    "parallel": 100,
    "models": ["*"],
}
WITH_KEY, WITH_LIMITS = "streamed, with a key", "streamed, with a key that has limits"


async def measure(running: Stack) -> dict[str, list[StreamResult]]:
    """The answers by route."""
    (user,) = running.people(1)
    ways = {
        way.name: (way, user)
        for way in (running.straight, running.bare, running.ours, running.completions, running.whole_completions)
    }
    ways[WITH_KEY] = running.completions, running.with_key(user)
    ways[WITH_LIMITS] = running.completions, running.with_key(user, **LIMITS)
    results: dict[str, list[StreamResult]] = {name: [] for name in ways}
    for round_ in range(ROUNDS + 1):
        step(f"round {round_} of {ROUNDS}" if round_ else "warming up")
        for name in random.sample(list(ways), len(ways)):
            answers = await _ask(*ways[name])
            if round_:
                results[name] += answers
    return results


async def _ask(way: Target, user: User) -> list[StreamResult]:
    listener: Listener = await way.connect()
    answers = []
    for _ in range(ASKS):
        answer = await way.ask(listener, QUESTION, user)
        assert answer.status == 200, answer
        answers.append(answer)
    listener.close()
    return answers


def main() -> None:
    """Measures and prints."""
    with stack.running() as running:
        results = asyncio.run(measure(running))
        straight, bare, chat = running.straight.name, running.bare.name, running.ours.name
        streamed, whole = running.completions.name, running.whole_completions.name
    firsts = {name: median([each.first for each in answers]) for name, answers in results.items()}
    ends = {name: median([each.whole for each in answers]) for name, answers in results.items()}
    rows = [[name, len(results[name]), ms(firsts[name]) if name != whole else "-", ms(ends[name])] for name in results]
    table(["ms, medians", "answers", "first token", "whole answer"], rows)
    over = {name: firsts[name] - firsts[straight] for name in firsts}
    ratio("streamed, overhead of the first token to the bare proxy's", over[streamed] / over[bare], AIM)
    ratio("streamed, overhead of the first token to the chat's", over[streamed] / over[chat], 1.25)
    late = {name: ends[name] - ends[straight] for name in ends}
    ratio("whole, overhead of the answer to the bare proxy's", late[whole] / late[bare], AIM * 2)
    ratio("whole, overhead of the answer to the chat's", late[whole] / late[chat], 1.25)
    for name in (WITH_KEY, WITH_LIMITS):
        ratio(f"{name}, overhead of the first token to that with a token", over[name] / over[streamed], 1.25)
        print(f"{name}, added to the first token: {ms(firsts[name] - firsts[streamed])} ms")


if __name__ == "__main__":
    main()
