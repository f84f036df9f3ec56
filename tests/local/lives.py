"""Lives of subscriptions at the stand-in for Razorpay, made by its engine in no time."""

import json
from datetime import UTC, datetime
from typing import Any

from local.razorpay import Engine
from local.razorpay.periods import DAY

START = int(datetime(2026, 11, 21, 9, 0, tzinfo=UTC).timestamp())
NOTES = {"oneai_subscription": "a note"}


class SubscriptionScenario:
    """One subscription of one person, and the engine it lives in."""

    def __init__(self, *, amount: int = 99_900, currency: str = "INR", period: str = "monthly", **asked: Any) -> None:
        self.engine = Engine("a life", START)
        self.plan_id = self.plan(amount, currency, period)
        entity = self.engine.open({"plan_id": self.plan_id, "total_count": 120, "notes": NOTES, **asked})
        self.id: str = entity["id"]

    def plan(self, amount: int, currency: str = "INR", period: str = "monthly") -> str:
        """A plan's id."""
        item = {"name": "Pro", "amount": amount, "currency": currency}
        return str(self.engine.make_plan({"period": period, "interval": 1, "item": item})["id"])

    def pass_days(self, days: float) -> None:
        """Time goes by."""
        self.engine.run_until(self.engine.now + int(days * DAY))

    @property
    def entity(self) -> dict[str, Any]:
        """The subscription as the API tells it."""
        return self.engine.subscription(self.id)

    def names(self, prefix: str = "subscription.") -> list[str]:
        """What has happened to it, in order, as far as it begins so."""
        return [each.name.removeprefix(prefix) for each in self.engine.events if each.name.startswith(prefix)]

    def bodies(self, name: str) -> list[dict[str, Any]]:
        """The events of this name."""
        return [json.loads(each.body) for each in self.engine.events if each.name == name]


def subscribed(method: str = "card", **asked: Any) -> SubscriptionScenario:
    """Somebody who paid at once."""
    life = SubscriptionScenario(**asked)
    life.engine.pay(life.id, method)
    return life


def utc(at: int | None) -> str:
    """A time of the wire, for people."""
    return "" if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}"
