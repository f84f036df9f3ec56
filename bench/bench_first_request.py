"""How long a first request takes of each function that answers buffered, without a snapshot.

Under AWS's Runtime Interface Emulator, from what is deployed. CPU is that of its processes until it has answered, which
a busy machine lengthens less than the times; at Lambda the init has a whole core. SnapStart would save the init and
cost what `make cost` says. The chat is in bench_chat_memory.
"""

import random

from bench import stack
from bench.emulator import Function, Started
from bench.report import median, ratio, step, table
from local.sample_event import ACCESS_TOKEN
from tests.deploy.artefacts import built, folder, layer
from tests.deploy.samples import Event, committed, signed_in
from tests.deploy.transformed import resources

REPEATS = 10
AIM_SECONDS = 2.0
"""The objective of a first token: what takes longer without a snapshot has one by default."""


def main() -> None:
    """Measures and prints."""
    step("building the artefacts, unless they are there")
    artefacts = built()
    names = sorted({name for _, _, name, streamed in resources() if not streamed})
    started: dict[str, list[Started]] = {name: [] for name in names}
    with stack.running() as running:
        (user,) = running.people(1)
        for repeat in range(REPEATS + 1):
            step(f"starts {repeat} of {REPEATS}" if repeat else "warming up the disk")
            for name in random.sample(names, len(names)):
                function = Function(artefacts / name, "main.handler", layer(artefacts))
                one = function.start(_event(name, user.token), **running.variables)
                assert one.status, one
                if repeat:
                    started[name].append(one)
    rows = []
    for name, each in started.items():
        inits, answers = [one.init for one in each], [one.answered for one in each]
        times = [f"{take(of):.0f}" for of in (inits, answers) for take in (min, median)]
        rows.append([folder(name), *times, f"{median([one.cpu for one in each]):.0f}"])
    table(["first request, ms", "init least", "median", "answered least", "median", "CPU"], rows)
    slowest = max(median([one.cpu for one in each]) for each in started.values())
    ratio("CPU seconds of the slowest first request, of the objective", slowest / 1000 / AIM_SECONDS, 1.0)


def _event(name: str, token: str) -> Event:
    event = next(iter(committed(name).values()))
    return signed_in(event, token) if ACCESS_TOKEN in str(event) else event


if __name__ == "__main__":
    main()
