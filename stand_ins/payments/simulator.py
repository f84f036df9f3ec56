"""Runs a provider's engine by the stack's clock, saves its state in a file, and delivers its webhooks."""

import asyncio
import json
import secrets
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import httpx
import psycopg

from local.clock import Clock
from stand_ins.payments.deliveries import Deliveries, Webhook
from stand_ins.payments.state import Event

FILE = "account.json"


class Engine(Protocol):
    """A provider's state machine, which only `run_until` moves in time."""

    @property
    def now(self) -> int:
        """Seconds of the epoch."""

    @property
    def events(self) -> list[Event]:
        """New events, oldest first; who delivers them clears the list."""

    def run_until(self, now: int) -> None:
        """Advances the time. Due events happen in order."""


class Simulator[E: Engine](ABC):
    """One account for one stack. Timed changes are computed on the next access, as of the time they were due."""

    name: str
    """The provider's name, for logs."""

    def __init__(self, folder: Path, clock: Clock, address: str, webhook: str, seed: str | None = None) -> None:
        """`address` is where its app is mounted, `webhook` where events go; the state is saved in `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / FILE
        self.clock, self.webhook = clock, webhook
        self.fault: str | None = None
        saved = json.loads(self.file.read_text()) if self.file.exists() else None
        account = None if saved is None else saved["account"]
        self.engine: E = self.engine_of(account, seed or secrets.token_hex(8), address)
        self.deliveries = Deliveries() if saved is None else Deliveries.from_json(saved["deliveries"])
        self._engine_lock, self._delivery_lock = asyncio.Lock(), asyncio.Lock()
        self._has_events = asyncio.Event()
        self._client: httpx.AsyncClient | None = None

    @property
    @abstractmethod
    def rules(self) -> Webhook:
        """How its events are signed and sent again."""

    @abstractmethod
    def engine_of(self, saved: str | None, seed: str, address: str) -> E:
        """The engine of the saved account, or of a new one."""

    @abstractmethod
    def saved_account(self) -> str:
        """The engine's account as text."""

    @abstractmethod
    async def prepare(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Takes over what the stack's database says, after the time was advanced."""

    @asynccontextmanager
    async def session(self, *, changing: bool = True) -> AsyncIterator[E]:
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
                await self.deliveries.send(delivery, self._client, self.webhook, self.rules, self.engine.now)
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
                log.warning(f"{self.name}'s stand-in waits for the database", reason=type(error).__name__)
            except Exception:  # noqa: BLE001  one bad event must not end all later ones
                log.exception(f"{self.name}'s stand-in stumbled")

    async def close(self) -> None:
        """Closes its connections."""
        if self._client is not None:
            await self._client.aclose()

    async def _advance(self, now: datetime | None = None) -> None:
        """Computes what is due, by default until the current time."""
        async with self.clock.connection() as connection:
            now = now or (await self.clock.read_from(connection)).now
            self.engine.run_until(int(now.timestamp()))
            await self.prepare(connection)

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
        text = json.dumps({"account": self.saved_account(), "deliveries": self.deliveries.to_json()})
        new_file = self.file.with_suffix(".new")
        new_file.write_text(text)
        new_file.replace(self.file)
