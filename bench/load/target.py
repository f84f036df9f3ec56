"""The stack under load: one of the run, with visible memory and database, or another local stack."""

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg

from bench import people, tool
from bench.invariants import Check, check_answers, check_payments
from bench.load.watched import Watched
from bench.quiet import wait_until_quiet
from stand_ins.razorpay.simulator import saved_account
from stand_ins.supabase_auth.signer import LIFETIME, Signer

_ANSWER_SECONDS = 10


@dataclass(frozen=True)
class Target:
    """A stack at a port of this machine."""

    port: int
    sign_up: Callable[[int, float], list[str]]
    """The access tokens of new users, valid for a run of this many seconds."""
    watched: Watched | None
    """Its processes, where they are seen."""
    check_books: Callable[[], list[Check]]


@contextmanager
def own() -> Iterator[Target]:
    """Starts a stack and ends it afterwards. Raises tool.CannotRun."""
    with tool.own_stack("load") as stack, psycopg.connect(stack.database, autocommit=True) as connection:
        signer = Signer.load(stack.data, stack.url)

        def sign_up(count: int, seconds: float) -> list[str]:
            lifetime = LIFETIME + int(seconds)
            return [each.token for each in people.sign_up(connection, signer, count, seconds=lifetime)]

        def check_books() -> list[Check]:
            asyncio.run(wait_until_quiet(stack, connection))
            return [*check_answers(connection), *check_payments(connection, saved_account(stack.data / "razorpay"))]

        yield Target(_port(stack.url), sign_up, Watched.of(stack), check_books)


@contextmanager
def running(url: str) -> Iterator[Target]:
    """The local stack at `url`, where users sign up over HTTP. Raises tool.CannotRun without one."""
    address = urlsplit(url)
    if address.scheme != "http" or address.hostname not in ("127.0.0.1", "localhost") or not address.port:
        raise tool.CannotRun(
            f"URL is {url}, and has to be the address of a local stack, such as http://127.0.0.1:8000."
        )
    base = f"http://127.0.0.1:{address.port}"
    try:
        with urllib.request.urlopen(f"{base}/local/clock", timeout=_ANSWER_SECONDS):  # noqa: S310  of this machine
            pass
    except urllib.error.HTTPError:
        raise tool.CannotRun(f"What listens at {base} is no local stack: it has no /local/clock.") from None
    except OSError as error:
        raise tool.CannotRun(
            f"Nothing answers at {base} ({error}). `make dev` starts a stack; without URL, make load starts its own."
        ) from None

    def sign_up(count: int, _: float) -> list[str]:
        with ThreadPoolExecutor(8) as several:
            return list(several.map(lambda _: _sign_up(base), range(count)))

    yield Target(address.port, sign_up, None, list)


def _sign_up(base: str) -> str:
    account = {"email": f"{uuid4()}@example.com", "password": uuid4().hex}
    request = urllib.request.Request(  # noqa: S310  of this machine
        f"{base}/auth/v1/signup", json.dumps(account).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        return str(json.load(answer)["access_token"])


def _port(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port
