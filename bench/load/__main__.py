"""`python -m bench.load`, which is `make load`: puts its own stack, or the local stack at --url, under load."""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from bench import tool
from bench.invariants import failed
from bench.load import figures, report, target
from bench.load.client import Client
from bench.load.run import send
from bench.load.traffic import NotUnderstood, draw, read
from bench.load.users import Users
from bench.report import step


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 0 if the targets are met and the invariants hold, 1 if not, 2 if the run could not start."""
    parser = argparse.ArgumentParser(prog="make load", description=__doc__)
    parser.add_argument("--seconds", type=tool.positive(float, "SECONDS"))
    parser.add_argument("--rate", type=tool.positive(float, "RATE"), help="streams a second")
    parser.add_argument("--seed", type=tool.seed)
    parser.add_argument("--url", help="a local stack that runs already, instead of one of its own")
    options = parser.parse_args(arguments)
    return tool.main(lambda: _run(options))


def _run(options: argparse.Namespace) -> bool:
    try:
        traffic = read(seconds=options.seconds, rate=options.rate)
    except NotUnderstood as error:
        raise tool.CannotRun(str(error)) from None
    seed = tool.new_seed() if options.seed is None else options.seed
    with target.running(options.url) if options.url else target.own() as stack:
        step(f"{traffic.users} users sign up")
        client = Client(stack.port)
        # One more user warms up the stack.
        users = Users(client, stack.sign_up(traffic.users + 1, traffic.seconds), seed)
        arrivals = draw(traffic, seed)
        print(
            f"{traffic.seconds:g} s at {traffic.streams_per_second:g} streams a second, seed {seed} "
            f"(again the same: make load SEED={seed})",
            flush=True,
        )
        run = asyncio.run(send(users, client, arrivals, traffic.seconds, stack.watched))
        books = stack.check_books()
    aims = figures.reached(run, traffic.aims)
    holds = all(each.holds for each in aims) and not failed(books)
    report.show(run, aims, books)
    print(f"Report: {report.write(run, traffic, seed, aims=aims, books=books, holds=holds)}")
    return holds


if __name__ == "__main__":
    sys.exit(main())
