"""Razorpay's samples as events, and what is inside them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from oneai.billing.facts import Event
from oneai.billing.provider.events import event_of
from tests.razorpay.conftest import compact

CHARGED = "subscription.charged__subscription_charged"

type Sample = Callable[..., Event]


def sampler(fixtures: Path) -> Sample:
    """Says what a sample says, after `change` has had its way with it."""

    def say(name: str, change: Callable[[dict[str, Any]], object] | None = None) -> Event:
        path = next((fixtures / "razorpay").glob(f"*/{name}.json"))
        told = json.loads(compact(path))
        if change:
            change(told)
        return event_of("evt_1", json.dumps(told).encode())

    return say


def moment(seconds: int) -> datetime:
    """A moment as Razorpay says it."""
    return datetime.fromtimestamp(seconds, UTC)


def subscription(told: dict[str, Any]) -> dict[str, Any]:
    """The subscription of an event."""
    found: dict[str, Any] = told["payload"]["subscription"]["entity"]
    return found


def payment(told: dict[str, Any]) -> dict[str, Any]:
    """The payment of an event."""
    found: dict[str, Any] = told["payload"]["payment"]["entity"]
    return found
