"""Measures how much later the first token arrives than through a proxy that does nothing.

Both are compared with direct requests to the same upstream, over kept connections, in interleaved rounds. Medians
count. The fastest tenth shows the work itself, on a machine that is busy with other work too.
"""

import asyncio
import random

from bench import stack, upstream
from bench.people import User
from bench.report import median, ms, ratio, step, table
from bench.stack import Stack, Target

AIM = 3.0
ROUNDS = 8
# Every stream is silent for a moment, then sends at a readable pace.
QUESTION = upstream.pace(first=0.05, chunks=4, pause=0.02)


async def measure(running: Stack, streams: int) -> dict[str, list[float]]:
    """Seconds to the first token, by route, at this number of concurrent streams."""
    ways = [running.straight, running.bare, running.ours]
    people = running.people(streams)
    firsts: dict[str, list[float]] = {way.name: [] for way in ways}
    asks = max(24 // streams, 6)
    for round_ in range(ROUNDS + 1):
        step(f"{streams} at once, " + (f"round {round_} of {ROUNDS}" if round_ else "warming up"))
        for way in random.sample(ways, len(ways)):
            heard = await asyncio.gather(*(_listen(way, user, asks, streams) for user in people))
            if round_:
                firsts[way.name] += [first for one in heard for first in one]
    return firsts


async def _listen(way: Target, user: User, asks: int, streams: int) -> list[float]:
    """One user asking one question after another; users do not start at the same instant."""
    listener = await way.connect()
    firsts = []
    for _ in range(asks):
        await asyncio.sleep(random.uniform(0, 0.01 * streams))
        heard = await way.ask(listener, QUESTION, user)
        assert heard.status == 200, heard
        assert heard.first, heard
        firsts.append(heard.first)
    listener.close()
    return firsts


def main() -> None:
    """Measures and prints."""
    with stack.running() as running:
        running.use_deployed_clock()
        rows = []
        ratios = {}
        for streams in (1, 16):
            firsts = asyncio.run(measure(running, streams))
            middle, fast = _over_straight(firsts, 0.5), _over_straight(firsts, 0.1)
            ratios[streams] = [over[running.ours.name] / over[running.bare.name] for over in (middle, fast)]
            for name, times in firsts.items():
                rows.append(
                    [f"{streams:2} at once, {name}", len(times), ms(median(times)), ms(middle[name]), ms(fast[name])]
                )
    table(["time to the first token, ms", "answers", "median", "over straight", "in the fastest tenth"], rows)
    for streams, (by_median, by_fastest) in ratios.items():
        ratio(f"our overhead to the bare proxy's, {streams} at once", by_median, AIM)
        ratio(f"  in the fastest tenth, {streams} at once", by_fastest, AIM)


def _over_straight(firsts: dict[str, list[float]], share: float) -> dict[str, float]:
    """How much slower each route is than the first, by the slowest of the fastest `share` of its answers."""
    reached = {name: sorted(times)[int(len(times) * share)] for name, times in firsts.items()}
    straight = next(iter(reached.values()))
    return {name: seconds - straight for name, seconds in reached.items()}


if __name__ == "__main__":
    main()
