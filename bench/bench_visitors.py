"""Measures the first token of a visitor's question beside that of a user's question about the same document.

Both search the document by words and by meaning. A visitor's answer is sent after its verdict was checked. A follow-up
question is made whole by a model first, so it is measured apart. Rounds alternate; medians count.
"""

import asyncio
import json
import random
import time

import httpx

from bench import stack, visitors
from bench.people import User
from bench.report import median, ms, ratio, step, table
from bench.stack import Stack
from bench.visitors import Chatbot

AIM = 1.25
ROUNDS = 12
EACH = 4
USER, VISITOR, FOLLOW_UP = "a user's, with a document", "a visitor's first", "a visitor's follow-up"


async def _user(running: Stack, chatbot: Chatbot, user: User) -> float:
    listener = await running.ours.connect()
    heard = await running.ours.ask(
        listener, f"What about {chatbot.sentence}?", user, visitors.MODEL, documents=[str(chatbot.document)]
    )
    listener.close()
    assert heard.first, heard
    return heard.first


async def _visitor(running: Stack, chatbot: Chatbot) -> tuple[float, float]:
    """Seconds to the first token of a first question and of its follow-up."""
    token = await visitors.session(running.ours, chatbot)
    listener = await running.ours.connect()
    first = await visitors.ask(listener, chatbot, token, f"What about {chatbot.sentence}?")
    assert b'"answered"' in first.body, first
    start = next(line for line in first.body.splitlines() if b'"conversation_id"' in line)
    conversation = json.loads(start.partition(b"data: ")[2])["conversation_id"]
    follow = await visitors.ask(
        listener, chatbot, token, f"And {chatbot.sentence.split()[0]}?", conversation_id=conversation
    )
    listener.close()
    assert follow.first, follow
    return first.first, follow.first


async def measure(running: Stack, chatbot: Chatbot, at_once: int) -> dict[str, list[float]]:
    """Seconds to the first token by kind of question, with this many askers at once."""
    firsts: dict[str, list[float]] = {USER: [], VISITOR: [], FOLLOW_UP: []}
    for round_ in range(ROUNDS + 1):
        step(f"{at_once} at once, " + (f"round {round_} of {ROUNDS}" if round_ else "warming up"))
        for kind in random.sample([USER, VISITOR], 2):
            for _ in range(EACH):
                if kind == USER:
                    asked = await asyncio.gather(*(_user(running, chatbot, chatbot.owner) for _ in range(at_once)))
                    found = {USER: list(asked)}
                else:
                    pairs = await asyncio.gather(*(_visitor(running, chatbot) for _ in range(at_once)))
                    found = {VISITOR: [pair[0] for pair in pairs], FOLLOW_UP: [pair[1] for pair in pairs]}
                if round_:
                    for name, seconds in found.items():
                        firsts[name] += seconds
    return firsts


def configuration(running: Stack, chatbot: Chatbot) -> tuple[float, float]:
    """Milliseconds of the widget's configuration, whole, and unchanged by its ETag."""
    whole: list[float] = []
    unchanged: list[float] = []
    with httpx.Client(base_url=running.ours.program.address, timeout=60) as client:
        path = f"/api/widget/{chatbot.public_id}"
        etag = client.get(path).headers["etag"]
        for _ in range(200):
            for times, headers, status in ((whole, {}, 200), (unchanged, {"if-none-match": etag}, 304)):
                started = time.perf_counter()
                assert client.get(path, headers=headers).status_code == status
                times.append(time.perf_counter() - started)
    return median(whole), median(unchanged)


def main() -> None:
    """Measures and prints."""
    with stack.running(more=visitors.RICH) as running:
        running.use_deployed_clock()
        (owner,) = running.people(1, visitors.NO_LIMIT)
        step("a document and a chatbot")
        chatbot = visitors.publish(running, owner)
        rows, ratios = [], {}
        for at_once in (1, 4):
            firsts = asyncio.run(measure(running, chatbot, at_once))
            ratios[at_once] = median(firsts[VISITOR]) / median(firsts[USER])
            rows += [[f"{at_once} at once, {kind}", len(each), ms(median(each))] for kind, each in firsts.items()]
            rewriting = median(firsts[FOLLOW_UP]) - median(firsts[VISITOR])
            rows.append([f"{at_once} at once, more of a follow-up than of a first question", "", ms(rewriting)])
        whole, unchanged = configuration(running, chatbot)
    table(["time to the first token, ms", "answers", "median"], rows)
    table(["configuration of a widget, ms", "median"], [["whole", ms(whole)], ["unchanged, 304", ms(unchanged)]])
    for at_once, found in ratios.items():
        ratio(f"a visitor's first token to a user's with a document, {at_once} at once", found, AIM)


if __name__ == "__main__":
    main()
