"""Runs the engine by the stack's clock, with the plans of the price list."""

import json
from pathlib import Path
from typing import Any

import psycopg

from local.clock import Clock
from stand_ins.payments import simulator as shared
from stand_ins.razorpay.deliveries import RazorpayWebhook
from stand_ins.razorpay.engine import Engine
from stand_ins.razorpay.keys import Keys
from stand_ins.razorpay.state import Account

# The discount of every offer on each charge, in percent.
OFFER_PERCENT = 10


class Simulator(shared.Simulator[Engine]):
    """One account for one stack."""

    name = "Razorpay"

    def __init__(self, folder: Path, clock: Clock, address: str, webhook: str, seed: str | None = None) -> None:
        self.keys = Keys.from_environment()
        self._rules = RazorpayWebhook(self.keys)
        super().__init__(folder, clock, address, webhook, seed)

    @property
    def rules(self) -> RazorpayWebhook:
        """How its events are signed and sent again."""
        return self._rules

    def engine_of(self, saved: str | None, seed: str, address: str) -> Engine:
        """The engine of the saved account, or of a new one."""
        engine = Engine(seed) if saved is None else Engine(account=Account.from_json(saved))
        engine.account.address = address
        return engine

    def saved_account(self) -> str:
        """The account as text."""
        return self.engine.account.to_json()

    async def prepare(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Creates the plans of the price list."""
        # Not imported by the supervisor.
        from oneai.billing.providers.razorpay import NAME
        from oneai.billing.subscriptions import offers, price_list

        row = await (await connection.execute("select oneai.read_price_list()")).fetchone()
        self.engine.account.offers = dict.fromkeys(offers(), OFFER_PERCENT)
        for price in price_list.parse(row[0] if row else []):
            if price.provider == NAME and price.plan_ref is not None:
                item = {"name": f"OneAI {price.tier.capitalize()}", "amount": price.amount, "currency": price.currency}
                self.engine.make_plan({"period": price.period, "interval": 1, "item": item}, price.plan_ref)


def saved_account(folder: Path) -> Account:
    """The account that a simulator has saved in `folder`, in this process or another; an empty one before the first."""
    file = folder / shared.FILE
    return Account.from_json(json.loads(file.read_text())["account"]) if file.exists() else Account("none")
