"""Runs the engine by the stack's clock, saves its state in a file, and delivers its webhooks."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import httpx
import psycopg

from local.clock import Clock
from stand_ins.razorpay.deliveries import Deliveries
from stand_ins.razorpay.engine import Engine
from stand_ins.razorpay.keys import Keys, rotate
from stand_ins.razorpay.periods import moment
from stand_ins.razorpay.state import Account

_FILE = "account.json"
# The discount of every offer on each charge, in percent.
OFFER_PERCENT = 10


class Simulator:
    """One account for one stack. Timed changes are computed on the next access, as of the time they were due."""

    def __init__(self, folder: Path, clock: Clock, address: str, webhook: str, seed: str | None = None) -> None:
        """`address` is where its app is mounted, `webhook` where events go; the state is saved in `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / _FILE
        self.clock, self.webhook = clock, webhook
        self.keys = Keys.from_environment()
        self.fault: str | None = None
        if self.file.exists():
            state = json.loads(self.file.read_text())
            self.engine = Engine(account=Account.from_json(state["account"]))
            self.deliveries = Deliveries.from_json(state["deliveries"])
        else:
            self.engine = Engine(seed or secrets.token_hex(8))
            self.deliveries = Deliveries()
        self.engine.account.address = address
        self._engine_lock, self._delivery_lock = asyncio.Lock(), asyncio.Lock()
        self._has_events = asyncio.Event()
        self._client: httpx.AsyncClient | None = None

    @asynccontextmanager
    async def session(self, *, changing: bool = True) -> AsyncIterator[Engine]:
        """The engine at the current time, for one request; its changes are saved and its events delivered soon.

        Timed changes are recomputed after a restart, with the same ids: only events and the changes that a request made
        (`changing`) have to be saved.
        """
        async with self._engine_lock:
            await self._advance()
            try:
                yield self.engine
            finally:
                if self._enqueue_events() or changing:
                    self._save()

    async def catch_up(self, now: datetime | None = None) -> None:
        """Processes everything that is due and delivers its events, in order, before it returns."""
        async with self._engine_lock:
            await self._advance(now)
            changed = self._enqueue_events()
        async with self._delivery_lock:
            while (delivery := self.deliveries.next_due(self.engine.now)) is not None:
                if self._client is None:
                    self._client = httpx.AsyncClient()
                if delivery.mode == "previous_secret":
                    rotate(moment(self.engine.now))
                await self.deliveries.send(delivery, self._client, self.webhook, self.keys)
                changed = True
            if changed:
                self._save()

    async def deliver_forever(self) -> None:
        """Delivers events as they are emitted, forever; another task calls `catch_up` as time passes."""
        from oneai import log  # not imported by the supervisor

        while True:
            await self._has_events.wait()
            self._has_events.clear()
            try:
                await self.catch_up()
            except psycopg.OperationalError as error:
                log.warning("Razorpay's stand-in waits for the database", reason=type(error).__name__)
            except Exception:  # noqa: BLE001  one bad event must not end all later ones
                log.exception("Razorpay's stand-in stumbled")

    async def close(self) -> None:
        """Closes its connections."""
        if self._client is not None:
            await self._client.aclose()

    async def _advance(self, now: datetime | None = None) -> None:
        """Computes what is due, by default until the current time, and creates the plans of the price list."""
        from oneai.billing.subscriptions import offers, price_list  # not imported by the supervisor

        async with self.clock.connection() as connection:
            now = now or (await self.clock.read_from(connection)).now
            row = await (await connection.execute("select oneai.read_price_list()")).fetchone()
        self.engine.run_until(int(now.timestamp()))
        self.engine.account.offers = dict.fromkeys(offers(), OFFER_PERCENT)
        for price in price_list.parse(row[0] if row else []):
            if price.plan_ref is not None:
                item = {"name": f"OneAI {price.tier.capitalize()}", "amount": price.amount, "currency": price.currency}
                self.engine.make_plan({"period": price.period, "interval": 1, "item": item}, price.plan_ref)

    def _enqueue_events(self) -> bool:
        """Queues new events for delivery; whether there were any."""
        if not self.engine.events:
            return False
        self.deliveries.enqueue(self.engine.events, self.engine.now)
        self.engine.events.clear()
        self._has_events.set()
        return True

    def _save(self) -> None:
        self.deliveries.drop_finished()
        text = json.dumps({"account": self.engine.account.to_json(), "deliveries": self.deliveries.to_json()})
        new_file = self.file.with_suffix(".new")
        new_file.write_text(text)
        new_file.replace(self.file)


def saved_account(folder: Path) -> Account:
    """The account that a simulator has saved in `folder`, in this process or another; an empty one before the first."""
    file = folder / _FILE
    return Account.from_json(json.loads(file.read_text())["account"]) if file.exists() else Account("none")
