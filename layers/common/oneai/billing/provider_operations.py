"""What the payment provider is to be told, told once: cancellations and refunds, as the table of calls says.

A call stands in the table before anybody makes it, so that no crash loses it; whoever makes one holds it for two
minutes. Killed in between, it is made again: a cancellation looks first, and a refund's key is the call's id, so that
the provider gives back once. What it answered is noted as everything is that it tells; only then the call is done.
"""

import time
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID, uuid5

from oneai import alerts, log, settings
from oneai.billing import processing, provider
from oneai.billing.facts import Observation, Snapshot
from oneai.billing.processing import FoundBy
from oneai.billing.projection.policy import BillingPolicy
from oneai.billing.provider import NotChangeable, ProviderError
from oneai.errors import PaymentProviderUnavailable
from oneai.postgres import db

# Twice as long after every attempt, and at last every six hours: given up after three days.
FIRST_PAUSE = 60
LONGEST_PAUSE = 6 * 3600
MOST_ATTEMPTS = 20
# A key that is refused is a matter of minutes to an operator, and no call's fault.
KEY_PAUSE = 300

type Outcome = Literal["succeeded", "pending", "failed"]

# In these words jobs and commands report what became of operations.
REPORTED: dict[Outcome, str] = {"succeeded": "done", "pending": "waiting", "failed": "failed"}


@dataclass(frozen=True)
class ProviderOperation:
    """One thing to tell the provider. `amount` of a refund, None where nothing is owed."""

    id: UUID
    dedupe_key: str
    kind: Literal["cancel", "cancel_at_period_end", "refund"]
    reason: str
    attempts: int
    subscription_ref: str | None
    payment_ref: str | None
    amount: int | None
    cancel_requested_at: datetime | None


class _Made(NamedTuple):
    """How it went, and whether it is of any use to ask the provider for more just now."""

    outcome: Outcome
    provider_away: bool = False


async def make_due(only: UUID | None = None, *, seconds: float = 25) -> dict[str, int]:
    """Makes the calls that are due, or the `only` one; begins no new one after `seconds`. Counts how they went.

    What the provider refuses or does not answer is no error here: operators hear of it, and it is made again.
    """
    counts = dict.fromkeys(REPORTED.values(), 0)
    began = time.monotonic()
    while (call := await _take(only)) is not None:
        made = await _make(call, "reconciliation" if only is None else "request")
        counts[REPORTED[made.outcome]] += 1
        if only is not None or made.provider_away or time.monotonic() - began > seconds:
            break
    return counts


async def _take(only: UUID | None) -> ProviderOperation | None:
    row = await db.call("select oneai.claim_operation(%s, %s)", [only, settings.read(BillingPolicy).refund_days])
    if row is None or row[0] is None:
        return None
    told: dict[str, Any] = {each.name: row[0][each.name] for each in fields(ProviderOperation)}
    asked = told["cancel_requested_at"]
    return ProviderOperation(
        **told | {"id": UUID(told["id"]), "cancel_requested_at": asked and datetime.fromisoformat(asked)}
    )


async def _make(call: ProviderOperation, found_by: FoundBy) -> _Made:
    if call.attempts > MOST_ATTEMPTS:
        return _Made(await _again(call, "Whoever made it did not come back."))
    try:
        await _tell(call, found_by)
    except PaymentProviderUnavailable:
        return _Made(await _again(call, "The provider gave no answer."), provider_away=True)
    except ProviderError as error:
        if error.status != 401:
            return _Made(await _refused(call, in_words(error)))
        await alerts.raise_alert("provider_refused", provider.PROVIDER, status=error.status)
        await _settle(call, "pending", "The provider does not know our key.", KEY_PAUSE)
        return _Made("pending", provider_away=True)
    except NotChangeable as error:
        return _Made(await _refused(call, error.sentence))
    except ValueError as error:
        return _Made(await _refused(call, f"The provider's answer could not be understood: {in_words(error)}"))
    except Exception as error:  # noqa: BLE001  the other calls are somebody else's
        log.exception("a call could not be made", call=str(call.id), kind=call.kind)
        return _Made(await _again(call, f"{type(error).__name__} on our side."))
    await _settle(call, "succeeded")
    log.info("the payment provider was told", call=str(call.id), kind=call.kind)
    return _Made("succeeded")


def in_words(error: Exception) -> str:
    """What an error says of the provider's words, fit to be stored."""
    return str(error).encode(errors="replace").decode().replace("\0", "\ufffd")[:1000]


async def _tell(call: ProviderOperation, found_by: FoundBy) -> None:
    if call.kind == "refund":
        await _give_back(call, found_by)
    elif call.subscription_ref is not None:
        await _cancel(call, call.subscription_ref, found_by)


async def _cancel(call: ProviderOperation, ref: str, found_by: FoundBy) -> None:
    """Looks first, at what was paid too: what has ended already needs no telling, what was charged meanwhile is
    cancelled at once, and whoever paid on a page that was left open without a word being heard gets it back."""
    seen = await provider.look(ref, deep=True)
    (found,) = seen.snapshots
    await processing.observe(seen, found_by=found_by)
    if not found.ended:
        await db.call("select oneai.mark_operation_sent(%s)", [call.id], idempotent=True)
        waits = call.kind == "cancel_at_period_end" and _period_is_the_last(found, call.cancel_requested_at)
        await processing.observe(await provider.cancel(ref, at_period_end=waits), found_by=found_by)


def _period_is_the_last(found: Snapshot, requested_at: datetime | None) -> bool:
    """Whether the provider is still in the period at whose end it is to stop: then it can be told to wait for that."""
    begun_since = found.period_start and requested_at and found.period_start > requested_at
    return found.period_end is not None and found.period_end > found.at and not begun_since


async def _give_back(call: ProviderOperation, found_by: FoundBy) -> None:
    if call.payment_ref is None or call.amount is None or call.amount < provider.LEAST_REFUND:
        return  # nothing is owed
    try:
        seen = await provider.refund(call.payment_ref, call.amount, call_id=call.id)
    except ProviderError as error:
        if error.status != 400 or call.subscription_ref is None:
            raise
        seen = await provider.look(call.subscription_ref, deep=True)
        await processing.observe(seen, found_by=found_by)
        left = _left_of(seen, call.payment_ref)
        if left is None or (left > 0 and call.reason != "slipped_through"):
            raise
        if left < provider.LEAST_REFUND:
            return
        # Somebody gave back a part of what goes back in full. A key is good for one amount.
        seen = await provider.refund(call.payment_ref, min(left, call.amount), call_id=uuid5(call.id, str(left)))
    await processing.observe(seen, found_by=found_by)


def _left_of(seen: Observation, payment_ref: str) -> int | None:
    """How much of that payment is not on its way back yet, whoever sent it; None where nothing is seen of it."""
    back = sum(each.amount for each in seen.refunds if each.payment_ref == payment_ref and each.status != "failed")
    found = [each for each in seen.payments if each.ref == payment_ref]
    return max(found[0].amount - max(found[0].amount_refunded, back), 0) if found else None


async def _refused(call: ProviderOperation, problem: str) -> Outcome:
    """Operators hear of it at once. It is tried again all the same: an empty account fills, a state changes."""
    outcome = await _again(call, problem)
    if outcome != "failed":
        await _tell_operators(call, problem, given_up=False)
    return outcome


async def _again(call: ProviderOperation, problem: str) -> Outcome:
    if call.attempts >= MOST_ATTEMPTS:
        await _settle(call, "failed", problem)
        await _tell_operators(call, problem, given_up=True)
        return "failed"
    await _settle(call, "pending", problem, min(FIRST_PAUSE * 2 ** (call.attempts - 1), LONGEST_PAUSE))
    return "pending"


async def _settle(call: ProviderOperation, state: Outcome, problem: str | None = None, seconds: int = 0) -> None:
    await db.call("select oneai.finish_operation(%s, %s, %s, %s)", [call.id, state, problem, seconds])


async def _tell_operators(call: ProviderOperation, problem: str, *, given_up: bool) -> None:
    await alerts.raise_alert(
        "provider_call_failed", call.dedupe_key, call=str(call.id), problem=problem, given_up=given_up
    )
