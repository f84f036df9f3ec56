"""What the mandate of a subscription was given for, as the tokens of its customer at Razorpay tell it.

A token names no subscription, and a customer may have several; expired, rejected and unused ones are not listed, nor
those of UPI unless the account has the feature `save_vpa`. Whether the token of a subscription is listed there is not
documented: where it is not, only the payment that the checkout names tells what it was given for.
"""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from oneai import log
from oneai.billing.facts import ObservedInstrument
from oneai.billing.provider import entities as facts_of
from oneai.billing.provider.entities import Entity
from oneai.clients import razorpay
from oneai.clients.razorpay import ProviderError

# A clock of theirs and another one.
SLACK_SECONDS = 60
# A token in one of these states charges nothing.
GIVEN_UP = {"rejected", "cancelled"}


async def of_subscription(entity: Entity, at: datetime) -> tuple[ObservedInstrument, ...]:
    """What was given since this subscription was opened, if that is one instrument and no doubt."""
    opened = facts_of.number(entity.get("created_at")) or 0
    tokens = [each for each in await _tokens(entity.get("customer_id")) if _given_at(each) >= opened - SLACK_SECONDS]
    found = {each for each in map(facts_of.mandate_instrument, tokens) if each is not None}
    if len(found) > 1:
        log.warning("a customer has several tokens, one of which is a subscription's", subscription=entity.get("id"))
    return _observed(entity.get("id"), sorted(found), at)


async def of_payment(entity: Entity, subscription_ref: str, at: datetime) -> tuple[ObservedInstrument, ...]:
    """What this payment, which proves the mandate of the subscription, was made with."""
    found = facts_of.instrument(entity)
    if found is None and (ref := facts_of.word(entity.get("token_id"))):
        tokens = [each for each in await _tokens(entity.get("customer_id")) if each.get("id") == ref]
        found = next(map(facts_of.mandate_instrument, tokens), None)
    return _observed(subscription_ref, [] if found is None else [found], at)


def _observed(subscription_ref: object, found: Sequence[bytes], at: datetime) -> tuple[ObservedInstrument, ...]:
    ref = facts_of.word(subscription_ref)
    return (ObservedInstrument(ref, found[0], at),) if ref is not None and len(found) == 1 else ()


async def _tokens(customer: object) -> list[Entity]:
    """A customer's tokens that can be charged; none where the account has no such list."""
    ref = facts_of.word(customer)
    if ref is None:
        return []
    try:
        found = (await razorpay.get(f"/customers/{quote(ref, safe='')}/tokens")).get("items")
    except ProviderError as error:
        if error.status not in (400, 404):
            raise
        log.warning("the payment provider does not list tokens", error=str(error))
        return []
    items = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    return [each for each in items if _state(each) not in GIVEN_UP]


def _state(token: Entity) -> str | None:
    details = token.get("recurring_details")
    return facts_of.word(details.get("status")) if isinstance(details, dict) else None


def _given_at(token: Entity) -> int:
    """When it was made or last used, in seconds: a card that is saved already is used anew."""
    return max(facts_of.number(token.get(name)) or 0 for name in ("created_at", "used_at"))
