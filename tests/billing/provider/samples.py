"""Razorpay's samples as events, and what is inside them."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from oneai.billing.facts import Event
from oneai.billing.providers.razorpay.events import event_of
from tests.billing.provider.signing import compact

CHARGED = "subscription.charged__subscription_charged"

# A charge as it comes over the wire, with fields that the documentation leaves out; each source has one.
ON_THE_WIRE = "subscription.charged_*_card"


@dataclass(frozen=True)
class Sample:
    """Says what the samples of one source say."""

    source: Path

    def __call__(self, name: str, change: Callable[[dict[str, Any]], object] | None = None) -> Event:
        """The sample of this name in our words, after `change` has had its way with it."""
        document = self.raw(name)
        if change:
            change(document)
        return event_of("evt_1", json.dumps(document).encode())

    def raw(self, name: str) -> dict[str, Any]:
        """The sample of this name in Razorpay's words."""
        document: dict[str, Any] = json.loads(compact(sample_file(self.source, name)))
        return document


def sample_file(source: Path, name: str) -> Path:
    """The one sample whose name this is, or fits."""
    (path,) = (source / "razorpay").glob(f"*/{name}.json")
    return path


def happened_at(document: dict[str, Any]) -> int:
    """When an event happened, which some say inside the payload."""
    at: int = document.get("created_at") or document["payload"]["created_at"]
    return at


def moment(seconds: int) -> datetime:
    """A moment as Razorpay says it."""
    return datetime.fromtimestamp(seconds, UTC)


def subscription(document: dict[str, Any]) -> dict[str, Any]:
    """The subscription of an event."""
    found: dict[str, Any] = document["payload"]["subscription"]["entity"]
    return found


def payment(document: dict[str, Any]) -> dict[str, Any]:
    """The payment of an event."""
    found: dict[str, Any] = document["payload"]["payment"]["entity"]
    return found


# Occasional fields of Razorpay's entities that the samples lack.
OPTIONAL = {
    "subscription": ("payment_method", "paused_at", "pause_initiated_by", "ended_at", "short_url", "expire_by"),
    "payment": ("subscription_id", "order_id", "invoice_id", "vpa", "upi", "wallet", "card"),
    "invoice": ("line_items", "billing_start", "billing_end", "subscription_id", "payment_id", "order_id"),
    "refund": ("status", "payment_id"),
    "order": ("token",),
}
ODD: tuple[Any, ...] = (
    None,
    True,
    5,
    -1,
    0.5,
    2**40,
    2**70,
    "",
    "word",
    "x" * 300,
    [],
    ["x"],
    [{}],
    {},
    {"entity": []},
)


def files(fixtures: Path) -> list[Path]:
    """Every sample of an event."""
    return sorted(file for name in ("webhooks", "real_scrubbed") for file in (fixtures / "razorpay" / name).glob("*"))


def oddly(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    """A place for an unexpected value in an event: its path as text, its container, and its key."""
    for name, keys in OPTIONAL.items():
        entity = document["payload"].get(name, {}).get("entity")
        yield from ((f"payload.{name}.entity.{key}", entity, key) for key in keys if entity and key not in entity)
    yield from _places(document, "")


def _places(within: Any, path: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    if isinstance(within, list):
        for each in within:
            yield from _places(each, f"{path}[]")
    if isinstance(within, dict):
        for key in sorted(within):
            yield f"{path}{key}", within, key
            yield from _places(within[key], f"{path}{key}.")
