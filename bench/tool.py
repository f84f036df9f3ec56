"""Common parts of `make load` and `make chaos`: options, their own stack, and exit codes."""

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

# Users of these runs are faster than real ones.
NO_RATE_LIMITS = {"RATE_LIMITS": ",".join(f"{name}=1000000/1000000" for name in rate_limits.NAMES)}


class CannotRun(Exception):
    """The run cannot start; the text states why, and what to do."""


def positive(kind: Callable[[str], float], name: str) -> Callable[[str], float]:
    """A type for argparse: a number above 0, given by the user as `name`."""

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
    """A type for argparse: a whole number."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"SEED is {text!r}, and has to be a whole number.") from None


def new_seed() -> int:
    """A seed short enough to be typed."""
    return random.SystemRandom().randrange(1_000_000)


@contextmanager
def own_stack(name: str) -> Iterator[OwnStack]:
    """Starts a stack on PORT, or on a free port. Its data are below the data folder and are removed afterwards unless
    they are to be kept. Raises CannotRun."""
    # The stack and this process must use the same place for Postgres, even below a folder that its user cannot enter.
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
    """Runs a tool. Returns its exit code: 0 if all holds, 1 if not, 2 if it could not start."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that started processes are ended
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
