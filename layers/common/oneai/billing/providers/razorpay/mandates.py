"""Finds the instrument of a subscription's mandate among its customer's tokens at Razorpay.

A token does not reference a subscription, and a customer may have several. Expired, rejected and unused tokens are not
listed, and UPI tokens only if the account has the feature `save_vpa`. Razorpay does not document whether tokens of
subscriptions are listed; if not, only the payment of the checkout shows the instrument.
"""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from oneai import log
from oneai.billing.facts import ObservedInstrument
from oneai.billing.providers.razorpay import entities as parse
from oneai.billing.providers.razorpay.entities import Entity
from oneai.clients import razorpay
from oneai.clients.razorpay import ProviderError

# The maximum difference between the provider's clock and ours.
TOLERANCE_SECONDS = 60
# Tokens in these states cannot be charged.
UNUSABLE_STATES = {"rejected", "cancelled"}


async def of_subscription(entity: Entity, at: datetime) -> tuple[ObservedInstrument, ...]:
    """The instrument authorized since this subscription was created; empty unless there is exactly one."""
    created_at = parse.number(entity.get("created_at")) or 0
    tokens = await _tokens(entity.get("customer_id"))
    recent = [each for each in tokens if _last_used_at(each) >= created_at - TOLERANCE_SECONDS]
    instruments = {each for each in map(parse.mandate_instrument, recent) if each is not None}
    if len(instruments) > 1:
        log.warning("a customer has several tokens and one belongs to a subscription", subscription=entity.get("id"))
    return _observed_instruments(entity.get("id"), sorted(instruments), at)


async def of_payment(entity: Entity, subscription_ref: str, at: datetime) -> tuple[ObservedInstrument, ...]:
    """The instrument of this payment, which authorizes the subscription's mandate."""
    instrument = parse.instrument(entity)
    if instrument is None and (ref := parse.word(entity.get("token_id"))):
        tokens = [each for each in await _tokens(entity.get("customer_id")) if each.get("id") == ref]
        instrument = next(map(parse.mandate_instrument, tokens), None)
    return _observed_instruments(subscription_ref, [] if instrument is None else [instrument], at)


def _observed_instruments(
    subscription_ref: object, instruments: Sequence[bytes], at: datetime
) -> tuple[ObservedInstrument, ...]:
    ref = parse.word(subscription_ref)
    return (
        (ObservedInstrument(parse.NAME, ref, instruments[0], at),) if ref is not None and len(instruments) == 1 else ()
    )


async def _tokens(customer: object) -> list[Entity]:
    """A customer's tokens that can be charged; empty if the account has no such list."""
    ref = parse.word(customer)
    if ref is None:
        return []
    try:
        items = (await razorpay.get(f"/customers/{quote(ref, safe='')}/tokens")).get("items")
    except ProviderError as error:
        if error.status not in (400, 404):
            raise
        log.warning("the payment provider does not list tokens", error=str(error))
        return []
    tokens = [each for each in items if isinstance(each, dict)] if isinstance(items, list) else []
    return [each for each in tokens if _state(each) not in UNUSABLE_STATES]


def _state(token: Entity) -> str | None:
    details = token.get("recurring_details")
    return parse.word(details.get("status")) if isinstance(details, dict) else None


def _last_used_at(token: Entity) -> int:
    """When it was created or last used, in seconds; a saved card may be used again."""
    return max(parse.number(token.get(name)) or 0 for name in ("created_at", "used_at"))
