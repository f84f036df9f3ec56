"""The stand-in at work: the engine by the stack's clock, its file, and its webhooks on their way."""

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
from local.razorpay.deliveries import Deliveries
from local.razorpay.engine import Engine
from local.razorpay.keys import Keys, rotate
from local.razorpay.periods import moment
from local.razorpay.state import Books

# What every offer takes off each charge, in percent.
OFF = 10


class Desk:
    """One Razorpay for one stack. What happens of itself happens when somebody looks, at the time it was due."""

    def __init__(self, folder: Path, clock: Clock, address: str, webhook: str, seed: str | None = None) -> None:
        """`address` is where its app is mounted, `webhook` where events go; state is kept in `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / "account.json"
        self.clock, self.webhook = clock, webhook
        self.keys = Keys.of_environment()
        self.trouble: str | None = None
        if self.file.exists():
            kept = json.loads(self.file.read_text())
            self.engine = Engine(books=Books.opened(kept["books"]))
            self.deliveries = Deliveries.opened(kept["deliveries"])
        else:
            self.engine = Engine(seed or secrets.token_hex(8))
            self.deliveries = Deliveries()
        self.engine.books.address = address
        self._one_at_a_time, self._delivering = asyncio.Lock(), asyncio.Lock()
        self._something_happened = asyncio.Event()
        self._client: httpx.AsyncClient | None = None

    @asynccontextmanager
    async def at_work(self, *, changing: bool = True) -> AsyncIterator[Engine]:
        """The engine at the time it is now, for one question; what it did is kept, and told soon.

        What happens of itself happens again after a restart, with the same ids: only events and what somebody asked for
        (`changing`) have to be kept.
        """
        async with self._one_at_a_time:
            await self._live((await self.clock.read()).now)
            try:
                yield self.engine
            finally:
                if self._take_down() or changing:
                    self._keep()

    async def catch_up(self, now: datetime | None = None) -> None:
        """All that is due has happened and been told, in order, when this returns."""
        async with self._one_at_a_time:
            await self._live(now or (await self.clock.read()).now)
            changed = self._take_down()
        async with self._delivering:
            while (delivery := self.deliveries.next_due(self.engine.now)) is not None:
                if self._client is None:
                    self._client = httpx.AsyncClient()
                if delivery.mode == "previous_secret":
                    rotate(moment(self.engine.now))
                await self.deliveries.send(delivery, self._client, self.webhook, self.keys)
                changed = True
            if changed:
                self._keep()

    async def keep_running(self) -> None:
        """Tells what happens, as it happens, for ever; time that passes is somebody else's to notice."""
        from oneai import log  # not for the supervisor, which knows this package and runs without

        while True:
            await self._something_happened.wait()
            self._something_happened.clear()
            try:
                await self.catch_up()
            except psycopg.OperationalError as error:
                log.warning("Razorpay's stand-in waits for the database", reason=type(error).__name__)
            except Exception:  # noqa: BLE001  one bad event must not end all later ones
                log.exception("Razorpay's stand-in stumbled")

    async def close(self) -> None:
        """Lets go of its connections."""
        if self._client is not None:
            await self._client.aclose()

    async def _live(self, now: datetime) -> None:
        from oneai.billing.subscriptions import prices

        self.engine.run_until(int(now.timestamp()))
        self.engine.books.offers = dict.fromkeys(prices.offers(), OFF)
        for price in prices.all_prices():
            if price.plan_ref is not None:
                item = {"name": f"OneAI {price.tier.capitalize()}", "amount": price.amount, "currency": price.currency}
                self.engine.make_plan({"period": price.period, "interval": 1, "item": item}, price.plan_ref)

    def _take_down(self) -> bool:
        """What happened is on its way; whether anything has."""
        if not self.engine.events:
            return False
        self.deliveries.take(self.engine.events, self.engine.now)
        self.engine.events.clear()
        self._something_happened.set()
        return True

    def _keep(self) -> None:
        self.deliveries.forget_old()
        text = json.dumps({"books": self.engine.books.kept(), "deliveries": self.deliveries.kept()})
        beside = self.file.with_suffix(".new")
        beside.write_text(text)
        beside.replace(self.file)
