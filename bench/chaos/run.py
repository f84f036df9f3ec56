"""Runs the rounds: users act while faults happen. Every few rounds everything stops and the invariants are checked."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx
import psycopg

from bench.chaos import plan
from bench.chaos.client import PATIENCE, Client, NoAnswer
from bench.chaos.faults import Faults
from bench.chaos.plan import Round
from bench.chaos.site import VISITORS, Site
from bench.chaos.talks import Visitors
from bench.chaos.team import Team
from bench.chaos.users import User, Users
from bench.invariants import (
    Check,
    Talks,
    Texts,
    check_answers,
    check_credits,
    check_inbox,
    check_payments,
    check_texts,
    failed,
)
from bench.progress import Progress
from bench.quiet import NeverQuiet, wait_until_quiet
from local.own_stack import OwnStack
from stand_ins.razorpay.simulator import saved_account

# Rounds between two checks of the invariants.
ROUNDS_BETWEEN = 50
# A daily sync replaces lost webhooks.
_DAY = 86_400
_READY_SECONDS = 600.0
# Above this, clients queue up and the round lasts too long.
_ACTS_AT_ONCE = 30


@dataclass
class Outcome:
    """The results of a run."""

    rounds: list[Round] = field(default_factory=list)
    recovery: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """By kind of fault: seconds from its end until the service was ready, where it was the only one of its round."""
    recoveries: list[float] = field(default_factory=list)
    """The same, of each round."""
    outcomes: Counter[str] = field(default_factory=Counter)
    """How requests ended, by what their clients saw."""
    unanswered: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    books: list[Check] = field(default_factory=list)
    checked: list[tuple[int, int]] = field(default_factory=list)
    """After which rounds the books were read, and how many of their checks did not hold."""
    sizes: dict[str, int] = field(default_factory=dict)
    """How much there was to go wrong."""

    @property
    def holds(self) -> bool:
        """Whether the invariants hold and every client was answered."""
        return not failed(self.books)


class Chaos:
    """One run over one stack, with the tokens of its users, a team, and a chatbot."""

    def __init__(
        self, stack: OwnStack, tokens: Sequence[str], team: Team, site: Site, *, seed: int, rounds: int
    ) -> None:
        self.stack, self.seed, self.rounds = stack, seed, rounds
        self.texts, self.talks, self.outcome = Texts(), Talks(), Outcome()
        self.client = Client(stack.url)
        self.users = Users(self.client, [User(token) for token in tokens], self.texts)
        self.members = Users(self.client, [User(token, str(team.id)) for token in team.tokens], self.texts)
        self.visitors = Visitors(self.client, site, VISITORS, self.talks)
        self.faults = Faults(stack)
        self._acting: set[asyncio.Task[None]] = set()

    async def run(self) -> Outcome:
        """Runs all rounds, or stops at the first violated invariant."""
        progress = Progress(self.rounds, "rounds")
        watching = asyncio.create_task(self._read_checkpoints())
        try:
            for number in range(1, self.rounds + 1):
                each = plan.draw(self.seed, number)
                progress.show(number - 1, ", ".join(fault.kind for fault in each.faults))
                await self._round(each)
                if number % ROUNDS_BETWEEN == 0 or number == self.rounds:
                    progress.show(number, "reading the books")
                    if await self._check(number):
                        break
        finally:
            progress.end()
            watching.cancel()
            for task in [*self._acting]:
                task.cancel()
            await self.faults.end_all()
            await self.client.close()
        return self.outcome

    async def _round(self, each: Round) -> None:
        self.outcome.rounds.append(each)
        acting = [partial(self.users.act, act) for act in each.acts]
        acting += [partial(self.members.act, act) for act in each.together]
        acting += [partial(self.visitors.act, visit) for visit in each.visits]
        for number, act in enumerate(acting):
            task = asyncio.create_task(self._act(act, f"{self.seed} {each.number} {number}"))
            self._acting.add(task)
            task.add_done_callback(self._acting.discard)
        await asyncio.gather(*(self.faults.make(fault) for fault in each.faults))
        ended = time.monotonic()
        await self._until_ready()
        seconds = time.monotonic() - ended
        self.outcome.recoveries.append(seconds)
        if len(each.faults) == 1:
            self.outcome.recovery[each.faults[0].kind].append(seconds)
        while len(self._acting) > _ACTS_AT_ONCE:
            await asyncio.wait(self._acting, return_when=asyncio.FIRST_COMPLETED)

    async def _act(self, act: Callable[[str], Awaitable[None]], name: str) -> None:
        try:
            await act(name)
        except NoAnswer as error:
            self.outcome.unanswered.append(f"{name}: {error}")

    async def _until_ready(self) -> None:
        give_up = time.monotonic() + _READY_SECONDS
        while time.monotonic() < give_up:
            with suppress(httpx.TransportError):
                if (await self.client.http.get("/api/health/ready", timeout=10)).is_success:
                    return
            if self.stack.process.poll() is not None:
                log = self.stack.data / "log" / "supervisor.log"
                raise NeverQuiet(f"The stack has ended, and with it the run.\n{log.read_text()[-2000:]}")
            await asyncio.sleep(0.05)

    async def _check(self, number: int) -> bool:
        """Waits for all clients, brings the stack to rest and checks the invariants. Returns whether one is
        violated."""
        if self._acting:
            await asyncio.wait(self._acting, timeout=PATIENCE)
        await self.faults.end_all()
        outcome = self.outcome
        with psycopg.connect(self.stack.database, autocommit=True) as connection:
            await wait_until_quiet(self.stack, connection, _DAY)
            self.texts.read(connection)
            outcome.books = [
                *check_answers(connection),
                *check_texts(connection, self.texts),
                *check_inbox(connection, self.talks),
                *check_payments(connection, saved_account(self.stack.data / "razorpay")),
                *check_credits(connection),
                Check("every client was answered", tuple(outcome.unanswered)),
                Check("no request met an error of ours", tuple(self.client.errors)),
            ]
            outcome.sizes = _sizes(connection, self.texts, self.talks)
        outcome.outcomes = self.client.outcomes
        outcome.checked.append((number, len(failed(outcome.books))))
        return bool(failed(outcome.books))

    async def _read_checkpoints(self) -> None:
        """Copies committed text outside of Postgres, which may lose it in a crash."""
        while True:
            with suppress(psycopg.OperationalError):
                await asyncio.to_thread(self._read_once)
            await asyncio.sleep(0.25)

    def _read_once(self) -> None:
        with psycopg.connect(self.stack.database, autocommit=True, connect_timeout=5) as connection:
            self.texts.read(connection)


def _sizes(connection: psycopg.Connection[Any], texts: Texts, talks: Talks) -> dict[str, int]:
    row = connection.execute(
        """
        select (select count(*) from oneai.reservations), (select coalesce(sum(charged), 0) from oneai.usage_events),
          (select count(*) from oneai.payments where captured_at is not null), (select count(*) from oneai.refunds),
          (select count(*) from oneai.provider_events),
          (select coalesce(sum(m.used), 0) from oneai.member_usage as m where m.quota_key <> 'document_pages'),
          (select count(*) from oneai.credit_orders where payment_id is not null),
          (select count(*) from oneai.credit_holds where charged_micro_usd > 0),
          (select count(*) from oneai.ledger_entries)
        """
    ).fetchone()
    names = (
        *("answers", "units charged", "payments", "refunds", "webhooks received", "units of the team"),
        *("purchases of credits", "answers that credits paid", "entries of the ledger"),
    )
    return {
        **{name: int(value) for name, value in zip(names, row or (), strict=True)},
        "texts checkpointed": len(texts.checkpointed),
        "streams read by clients": len(texts.streams),
        "messages of visitors and members": sum(each.is_stored for each in talks.said),
    }
