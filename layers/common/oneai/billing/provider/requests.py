"""What we ask of Razorpay and tell it, in our words: look at subscriptions, open, change, pause, end them, give back.

Refusals of one subscription are NotChangeable, with a sentence for its owner. All else is the door's: ProviderError,
and PaymentProviderUnavailable, after which nobody knows whether what was told has happened.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

from oneai.billing.facts import Observation, Snapshot
from oneai.billing.provider import entities as facts_of
from oneai.billing.provider.fetch import as_asked, look, now, pages, path_of
from oneai.clients import razorpay
from oneai.clients.razorpay import ProviderError

# Less than a rupee or a dollar cannot be given back.
LEAST_REFUND = 100
# Less than this is not charged when a plan is changed in the middle of a period.
LEAST_CHARGE = 50


class NotChangeable(Exception):
    """The provider does not do that with this subscription; `sentence` says so to its owner."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


async def open_subscription(
    our_id: UUID,
    plan_ref: str,
    *,
    start_at: datetime | None,
    expires_at: datetime | None,
    offer_ref: str | None,
    total_count: int,
    user_id: UUID,
) -> Snapshot:
    """Opens a subscription nobody has paid yet; `total_count` is how many periods it may be charged for.

    There is no key that would make this happen once: after PaymentProviderUnavailable, `find_opened` tells.
    """
    body: dict[str, Any] = {
        "plan_id": plan_ref,
        "total_count": total_count,
        "quantity": 1,
        "notes": {facts_of.NOTE_SUBSCRIPTION: str(our_id), facts_of.NOTE_PERSON: str(user_id)},
    }
    if start_at is not None:
        body["start_at"] = int(start_at.timestamp())
    if expires_at is not None:
        body["expire_by"] = int(expires_at.timestamp())
    if offer_ref is not None:
        body["offer_id"] = offer_ref
    at = await now()
    return facts_of.snapshot(await razorpay.post("/subscriptions", body), at, asked=True)


async def cancel(ref: str, *, at_period_end: bool) -> Observation:
    """Cancels, which nobody can undo; one that has ended already is as good. Raises NotChangeable."""
    return await _tell(
        f"{path_of(ref)}/cancel",
        {"cancel_at_cycle_end": at_period_end},
        ref,
        done=lambda found: found.ended,
        sentence="This subscription cannot be cancelled now.",
    )


async def change_plan(ref: str, plan_ref: str) -> Observation:
    """Changes the plan in place and at once: the provider charges what is missing for the rest of the period.

    Raises NotChangeable, as for everything debited through a mandate: another subscription has to take its place.
    """
    at = await now()
    body = {"plan_id": plan_ref, "schedule_change_at": "now"}
    try:
        return as_asked(await razorpay.patch(path_of(ref), body), at)
    except ProviderError as error:
        if error.status != 400:
            raise
        raise NotChangeable("The plan of this subscription cannot be changed in place.") from error


def prorated(more: int, starts: datetime, ends: datetime, at: datetime) -> int:
    """What `change_plan` charges at `at` where a period costs so much `more`: the share for what is left of it, to
    within one paisa or cent."""
    difference = (more * (ends - at)) // (ends - starts)
    return difference if difference >= LEAST_CHARGE else 0


async def pause(ref: str) -> Observation:
    """Pauses an active subscription. Raises NotChangeable."""
    return await _tell(
        f"{path_of(ref)}/pause",
        {"pause_at": "now"},
        ref,
        done=lambda found: found.status == "paused",
        sentence="Only an active subscription can be paused.",
    )


async def resume(ref: str) -> Observation:
    """Resumes what we paused. Raises NotChangeable."""
    return await _tell(
        f"{path_of(ref)}/resume",
        {"resume_at": "now"},
        ref,
        done=lambda found: found.status == "active",
        sentence="This subscription is not paused here. What you paused in a bank's or UPI app is resumed there.",
    )


async def refund(payment_ref: str, amount: int, *, call_id: UUID) -> Observation:
    """Gives back `amount` of a payment, once for each `call_id`, however often it is asked."""
    path = f"/payments/{quote(payment_ref, safe='')}/refund"
    body = {"amount": amount, "speed": "normal", "receipt": str(call_id), "notes": {facts_of.NOTE_CALL: str(call_id)}}
    try:
        return Observation(refunds=(facts_of.refund(await razorpay.post(path, body, idempotency_key=str(call_id))),))
    except ProviderError as error:
        if error.status != 400:
            raise
        # The key was used for another amount, or there is nothing left: then this call has been heard before.
        async for entity in pages(f"{path}s"):
            if entity.get("receipt") == str(call_id):
                return Observation(refunds=(facts_of.refund(entity),))
        raise


async def _tell(
    path: str, body: dict[str, Any], ref: str, *, done: Callable[[Snapshot], bool], sentence: str
) -> Observation:
    """Tells it, and where that is refused looks whether it is so already."""
    at = await now()
    try:
        return as_asked(await razorpay.post(path, body), at)
    except ProviderError as error:
        if error.status != 400:
            raise
        found = await look(ref, deep=False)
        if done(found.snapshots[0]):
            return found
        raise NotChangeable(sentence) from error


def checkout(ref: str, plan_ref: str) -> dict[str, str]:
    """What the provider's checkout in the browser needs to know."""
    return {"key_id": razorpay.key_id(), "subscription_id": ref, "plan_id": plan_ref}


def portal_url(snapshot: Snapshot) -> str | None:
    """The provider's page on which a subscription is paid and its payment method changed; None where it names none."""
    return snapshot.short_url
