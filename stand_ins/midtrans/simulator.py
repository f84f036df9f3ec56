"""Runs the engine by the stack's clock, and delivers its notifications."""

from pathlib import Path
from typing import Any

import psycopg

from local.clock import Clock
from stand_ins.midtrans.account import Account
from stand_ins.midtrans.deliveries import MidtransWebhook, unsigned
from stand_ins.midtrans.engine import Engine
from stand_ins.midtrans.keys import Keys
from stand_ins.payments import simulator as shared


class Simulator(shared.Simulator[Engine]):
    """One account for one stack."""

    name = "Midtrans"

    def __init__(self, folder: Path, clock: Clock, address: str, webhook: str, seed: str | None = None) -> None:
        self.keys = Keys.from_environment()
        self._rules = MidtransWebhook()
        super().__init__(folder, clock, address, webhook, seed)

    @property
    def rules(self) -> MidtransWebhook:
        """How its notifications are sent again."""
        return self._rules

    def engine_of(self, saved: str | None, seed: str, address: str) -> Engine:
        """The engine of the saved account, or of a new one."""
        account = None if saved is None else Account.from_json(saved)
        engine = Engine(seed, account, self.keys)
        engine.account.address = address
        return engine

    def saved_account(self) -> str:
        """The account as text."""
        return self.engine.account.to_json()

    async def prepare(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Needs nothing of the database."""

    def _enqueue_events(self) -> bool:
        """Queues new notifications; those that are to be unsigned are forged."""
        for event in self.engine.events:
            if self.deliveries.modes.get(event.subscription_id or "", self.deliveries.mode) == "unsigned":
                event.body = unsigned(event.body)
        return super()._enqueue_events()
