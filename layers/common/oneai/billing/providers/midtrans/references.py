"""Our references at Midtrans, where an order is charged once, so that each page of one thing has a number.

`oneai-s-<id>-<n>` is page n of a subscription, whose ref is `oneai-s-<id>`; `oneai-o-<id>` is an order.
"""

import re
from dataclasses import dataclass
from uuid import UUID

# The value of every column `payment_provider`.
NAME: str = "midtrans"
_SUBSCRIPTION = re.compile(r"(oneai-s-[0-9a-f]{32})(?:-([1-9][0-9]{0,3}))?")
_ORDER = re.compile(r"oneai-o-[0-9a-f]{32}")


@dataclass(frozen=True)
class Reference:
    """An order at Midtrans, `ref`; `subscription_ref` if it pays a period of a subscription."""

    ref: str
    subscription_ref: str | None = None


def of_subscription(our_id: UUID) -> str:
    """The ref of a subscription."""
    return f"oneai-s-{our_id.hex}"


def page(subscription_ref: str, number: int) -> str:
    """The order of a subscription's page, counted from 1."""
    return f"{subscription_ref}-{number}"


def of_order(our_id: UUID) -> str:
    """The ref of an order."""
    return f"oneai-o-{our_id.hex}"


def read(text: str) -> Reference | None:
    """An order of ours; None for any other text."""
    if (found := _SUBSCRIPTION.fullmatch(text)) is not None and found[2] is not None:
        return Reference(text, found[1])
    return Reference(text) if _ORDER.fullmatch(text) else None


def our_id(subscription_ref: str) -> UUID | None:
    """Our id of a subscription's ref; None for any other text."""
    found = _SUBSCRIPTION.fullmatch(subscription_ref)
    return None if found is None or found[2] is not None else UUID(found[1].removeprefix("oneai-s-"))
