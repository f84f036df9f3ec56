"""What `make load` and `make chaos` share: their options, a stack of their own, and how they end."""

import argparse
import random
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.report import step
from local import environment
from local.data_folder import data_folder, reachable
from local.own_stack import NotStarted, OwnStack, running
from oneai.http import rate_limits

# Users of these runs are faster than people.
NO_RATE_LIMITS = {"RATE_LIMITS": ",".join(f"{name}=1000000/1000000" for name in rate_limits.NAMES)}


class CannotRun(Exception):
    """The run cannot begin; the text says why, and what to do."""


def positive(kind: Callable[[str], float], name: str) -> Callable[[str], float]:
    """A type of argparse: a number above 0, which the user wrote as `name`."""

    def parse(text: str) -> float:
        try:
            number = kind(text)
        except ValueError:
            number = 0
        if not 0 < number < float("inf"):
            whole = "a whole number" if kind is int else "a number"
            raise argparse.ArgumentTypeError(f"{name} is {text!r}, and has to be {whole} above 0.")
        return number

    return parse


def seed(text: str) -> int:
    """A type of argparse: a whole number."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"SEED is {text!r}, and has to be a whole number.") from None


def new_seed() -> int:
    """One that is short enough to be typed again."""
    return random.SystemRandom().randrange(1_000_000)


@contextmanager
def own_stack(name: str) -> Iterator[OwnStack]:
    """A new stack on PORT, or any free one, whose data stand below the data folder and are removed with it, unless they
    are to be kept. Raises CannotRun."""
    # The stack and this process must agree on where Postgres is, also below a folder that its user cannot enter.
    shelf = reachable(data_folder() / name)
    shelf.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=shelf))
    port = environment.port() if environment.port_is_set() else 0
    step("starting a stack")
    keep = False
    try:
        with running(folder, port, NO_RATE_LIMITS) as stack:
            yield stack
            keep = stack.keep_data
    except NotStarted as error:
        raise CannotRun(f"The stack does not start:\n{error}") from None
    finally:
        if keep:
            print(f"Its data: ONEAI_DATA={folder} make dev")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def main(run: Callable[[], bool]) -> int:
    """Runs a tool; its exit code: 0 where all holds, 1 where not, 2 where it could not begin."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    try:
        return 0 if run() else 1
    except CannotRun as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted.\n")
        return 130
    finally:
        signal.signal(signal.SIGTERM, before)
