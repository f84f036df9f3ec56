"""A subscription's life at the stand-in for Stripe, without HTTP: its API is called with forms."""

import json
from typing import Any

from stand_ins.stripe import Engine, routes
from stand_ins.stripe.cards import OK
from stand_ins.stripe.catalogue import DAY
from stand_ins.stripe.form import parse

# 24 November 2025, 16:00 UTC.
START = 1_764_000_000
HOUR = 3_600


class Life:
    """One account, with a price of 799 rupees a month."""

    def __init__(self) -> None:
        self.engine = Engine("tests", START)
        self.bodies: list[dict[str, Any]] = []
        self.price = self.post(
            "prices", "currency=inr&unit_amount=79900&recurring[interval]=month&product_data[name]=Pro"
        )
        self.customer = self.post("customers", "email=asha@example.com")
        self.events()

    def post(self, path: str, form: str = "") -> dict[str, Any]:
        """`POST /v1/…`."""
        return routes.write(self.engine, "POST", path.split("/"), parse(form))

    def delete(self, path: str) -> dict[str, Any]:
        """`DELETE /v1/…`."""
        return routes.write(self.engine, "DELETE", path.split("/"), {})

    def get(self, path: str, query: str = "") -> dict[str, Any]:
        """`GET /v1/…`."""
        return routes.read(self.engine, path.split("/"), parse(query))

    def checkout(self, more: str = "", *, quantity: int = 1) -> dict[str, Any]:
        """A checkout of a subscription."""
        form = f"mode=subscription&line_items[0][price]={self.price['id']}&line_items[0][quantity]={quantity}"
        page = "success_url=https://app.example/paid?checkout={CHECKOUT_SESSION_ID}"
        named = "subscription_data[metadata][oneai_subscription]=ours"
        return self.post("checkout/sessions", f"{form}&{page}&customer={self.customer['id']}&{named}{more}")

    def subscribe(self, number: str = OK, more: str = "") -> dict[str, Any]:
        """A subscription that is paid by checkout."""
        session = self.checkout(more)
        assert self.engine.pay(session["id"], number) == "succeeded"
        return self.engine.account.get("subscription", self.engine.session(session["id"])["subscription"])

    def pass_days(self, days: float) -> None:
        """Time passes."""
        self.engine.run_until(self.engine.now + int(days * DAY))

    def events(self) -> list[str]:
        """The names of the events since the last call; `bodies` has them all."""
        new = [json.loads(each.body) for each in self.engine.events]
        self.engine.events.clear()
        self.bodies += new
        return [str(each["type"]) for each in new]

    def of(self, name: str) -> list[dict[str, Any]]:
        """The objects of all events of this name."""
        self.events()
        return [each["data"]["object"] for each in self.bodies if each["type"] == name]
