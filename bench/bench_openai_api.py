"""What the OpenAI-compatible API adds to an answer: chat completions, streamed and whole, beside the bare proxy and the
chat's own route.

All are asked with kept connections, in interleaved rounds. Medians count.
"""

import asyncio
import random

from bench import stack, upstream
from bench.listener import Listener, StreamResult
from bench.report import median, ms, ratio, step, table
from bench.stack import Person, Stack, Target

AIM = 3.0
ROUNDS = 8
ASKS = 12
QUESTION = upstream.pace(first=0.05, chunks=4, pause=0.02)


async def measure(running: Stack) -> dict[str, list[StreamResult]]:
    """The answers of every way."""
    ways = [running.straight, running.bare, running.ours, running.completions, running.whole_completions]
    (person,) = running.people(1)
    results: dict[str, list[StreamResult]] = {way.name: [] for way in ways}
    for round_ in range(ROUNDS + 1):
        step(f"round {round_} of {ROUNDS}" if round_ else "warming up")
        for way in random.sample(ways, len(ways)):
            answers = await _ask(way, person)
            if round_:
                results[way.name] += answers
    return results


async def _ask(way: Target, person: Person) -> list[StreamResult]:
    listener: Listener = await way.connect()
    answers = []
    for _ in range(ASKS):
        answer = await way.ask(listener, QUESTION, person)
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


if __name__ == "__main__":
    main()
