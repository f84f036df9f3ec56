"""Runs the engine by the stack's clock, with the prices of the price list, and signs its events."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from local.clock import Clock
from stand_ins.payments import simulator as shared
from stand_ins.payments.deliveries import MODES, Delivery
from stand_ins.stripe import catalogue
from stand_ins.stripe.engine import Engine
from stand_ins.stripe.keys import Keys, signature_header
from stand_ins.stripe.state import Account

# `rolled`: two secrets sign, as for a day after one is rolled. `late`: the signature is ten minutes old.
STRIPE_MODES = (*MODES, "rolled", "late")
_LATE_SECONDS = 600
_INTERVALS = {"monthly": "month", "yearly": "year"}


@dataclass
class StripeWebhook:
    """Its law of delivery: three days of growing pauses, after which it gives the event up."""

    keys: Keys
    answer_seconds: float = 10.0
    retry_seconds: int = 3 * 86_400
    first_retry_seconds: int = 300
    disables: bool = False
    modes: tuple[str, ...] = STRIPE_MODES

    def headers(self, delivery: Delivery, body: bytes, now: int) -> Mapping[str, str]:  # noqa: ARG002  see below
        """The signature over the body, and its time. That is of the machine's clock, as the stack's clock is moved by
        months, and a signature says when its request was sent."""
        headers = {"user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)"}
        at = int(time.time()) - (_LATE_SECONDS if delivery.mode == "late" else 0)
        secrets = [self.keys.webhook_secret]
        if delivery.mode == "previous_secret":
            secrets = [self.keys.webhook_secret_previous]
        elif delivery.mode == "rolled":
            secrets = ["whsec_rolled_out", self.keys.webhook_secret]
        if delivery.mode != "unsigned":
            headers["stripe-signature"] = signature_header(secrets, at, body)
        return headers


class Simulator(shared.Simulator[Engine]):
    """One account for one stack."""

    name = "Stripe"

    def __init__(self, folder: Path, clock: Clock, address: str, webhook: str, seed: str | None = None) -> None:
        self.keys = Keys.from_environment()
        self._rules = StripeWebhook(self.keys)
        super().__init__(folder, clock, address, webhook, seed)

    @property
    def rules(self) -> StripeWebhook:
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
        """Creates the prices of the price list."""
        row = await (await connection.execute("select oneai.read_price_list()")).fetchone()
        for each in row[0] if row else []:
            ref = each["plan_ref"]
            if each["provider"] != "stripe" or ref is None or ref in self.engine.account.all("price"):
                continue
            form = {
                "currency": each["currency"],
                "unit_amount": str(each["amount"] * (100 if each["currency"] == "IDR" else 1)),
                "recurring": {"interval": _INTERVALS[each["period"]]},
                "product_data": {"name": f"OneAI {each['tier'].capitalize()}"},
                "lookup_key": f"{each['tier']}_{each['period']}_{each['currency'].lower()}",
                "tax_behavior": "inclusive",
            }
            catalogue.price(self.engine.account, form, ref)
