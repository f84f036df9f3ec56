"""Histories of subscriptions at the stand-in for Razorpay, run by its engine without waiting."""

import json
from datetime import UTC, datetime
from typing import Any

from stand_ins.razorpay import Engine
from stand_ins.razorpay.periods import DAY

START = int(datetime(2026, 11, 21, 9, 0, tzinfo=UTC).timestamp())
NOTES = {"oneai_subscription": "a note"}


class SubscriptionScenario:
    """One subscription, and its engine."""

    def __init__(self, *, amount: int = 99_900, currency: str = "INR", period: str = "monthly", **params: Any) -> None:
        self.engine = Engine("a life", START)
        self.plan_id = self.plan(amount, currency, period)
        entity = self.engine.open({"plan_id": self.plan_id, "total_count": 120, "notes": NOTES, **params})
        self.id: str = entity["id"]

    def plan(self, amount: int, currency: str = "INR", period: str = "monthly") -> str:
        """A plan's id."""
        item = {"name": "Pro", "amount": amount, "currency": currency}
        return str(self.engine.make_plan({"period": period, "interval": 1, "item": item})["id"])

    def pass_days(self, days: float) -> None:
        """Advances the time."""
        self.engine.run_until(self.engine.now + int(days * DAY))

    @property
    def entity(self) -> dict[str, Any]:
        """The subscription as the API returns it."""
        return self.engine.subscription(self.id)

    def names(self, prefix: str = "subscription.") -> list[str]:
        """The names of its events with this prefix, in order and without the prefix."""
        return [each.name.removeprefix(prefix) for each in self.engine.events if each.name.startswith(prefix)]

    def bodies(self, name: str) -> list[dict[str, Any]]:
        """The events of this name."""
        return [json.loads(each.body) for each in self.engine.events if each.name == name]


def subscribed(method: str = "card", **params: Any) -> SubscriptionScenario:
    """A scenario whose customer pays at once."""
    life = SubscriptionScenario(**params)
    life.engine.pay(life.id, method)
    return life


def utc(at: int | None) -> str:
    """A timestamp of the API as text."""
    return "" if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}"
