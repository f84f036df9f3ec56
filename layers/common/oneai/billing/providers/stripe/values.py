"""Reads the values in Stripe's objects. Raises ValueError for one that cannot be stored."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from oneai.text import replace_nul

type Entity = Mapping[str, Any]

# Our metadata. A customer can set none of it.
SUBSCRIPTION, ORDER, WORKSPACE, OPERATION = "oneai_subscription", "oneai_order", "oneai_workspace", "oneai_operation"
# Of a checkout: the price and the seats that it sells; of a subscription: when its first period begins.
PRICE, QUANTITY, STARTS = "oneai_price", "oneai_quantity", "oneai_starts"
# Of a payment that is an order by itself: the debit of an automatic recharge.
DEBIT = "oneai_debit"
COUNT_MAX = 999_999
# By how much Stripe's smallest unit is smaller than ours: it counts rupiah in hundredths, and we store whole ones.
_SMALLER = {"IDR": 100}
BIGINT_MAX = 2**63 - 1


def metadata(entity: Entity) -> Mapping[str, Any]:
    """Its metadata; empty without any."""
    found = entity.get("metadata")
    return found if isinstance(found, dict) else {}


def identifier(entity: Entity, name: str) -> UUID | None:
    """One of our ids in the metadata; None if there is none."""
    value = metadata(entity).get(name)
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def listed(entity: Entity, name: str) -> list[Entity]:
    """The objects of a list in the object."""
    found = entity.get(name)
    data = found.get("data") if isinstance(found, dict) else None
    return [each for each in data if isinstance(each, dict)] if isinstance(data, list) else []


def number(value: object) -> int | None:
    """A whole number within a bigint; None if there is none."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    if abs(value) > BIGINT_MAX:
        raise ValueError("a number out of range")
    return value


def count(entity: Entity, name: str) -> int | None:
    """A number of something. Raises ValueError if it is beyond reason."""
    value = number(entity.get(name))
    if value is not None and not 0 <= value <= COUNT_MAX:
        raise ValueError(f"{name} is beyond reason")
    return value


def moment(value: object) -> datetime | None:
    """Seconds since 1970 as a moment; None if there are none or they are 0. Raises ValueError if out of range."""
    seconds = number(value)
    if not seconds:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        raise ValueError("a time out of range") from None


def created_at(entity: Entity) -> datetime:
    """When it was created. Raises ValueError if that is missing."""
    value = moment(entity.get("created"))
    if value is None:
        raise ValueError("created is missing")
    return value


def word(value: object) -> str | None:
    """A text that can be stored, at most 2,000 characters for an address, 255 else; None if there is none."""
    if not isinstance(value, str) or not value:
        return None
    if len(value) > (2_000 if value.startswith("https://") else 255):
        raise ValueError("a text that is too long")
    return replace_nul(value)


def required(entity: Entity, name: str) -> str:
    """A text. Raises ValueError if it is missing."""
    value = word(entity.get(name))
    if value is None:
        raise ValueError(f"{name} is missing")
    return value


def inner(entity: Entity, name: str) -> Entity:
    """The object in a field; empty if there is none."""
    found = entity.get(name)
    return found if isinstance(found, dict) else {}


def stripe_amount(amount: int, currency: str) -> int:
    """Our amount as Stripe's API takes it."""
    return amount * _SMALLER.get(currency, 1)


def our_amount(amount: int, currency: str) -> int:
    """An amount of Stripe's API in our unit. Raises ValueError for a fraction of it."""
    whole, rest = divmod(amount, _SMALLER.get(currency, 1))
    if rest:
        raise ValueError("an amount that is no whole number of our unit")
    return whole
