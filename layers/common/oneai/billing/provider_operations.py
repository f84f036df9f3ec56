"""Operations at payment providers, each made once: cancellations, refunds and debits.

They are rows of `oneai.provider_operations`.

An operation is a row before it is sent, so that no crash loses it. The worker that claims one holds it for two minutes.
If the worker dies in between, the operation is made again: a cancellation fetches first, and a refund's idempotency key
is the operation's id, so that the provider refunds once. The provider's answer is ingested like its events; only then
does the operation succeed.
"""

import asyncio
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID, uuid5

from oneai import alerts, log
from oneai.billing import credit_debits, processing, providers
from oneai.billing.facts import Observation, Snapshot
from oneai.billing.processing import ChangeSource
from oneai.billing.providers.errors import KeyRefused, ProviderRefused, translate_errors
from oneai.billing.providers.face import Cancel, Fetch, NotChangeable, PaymentProvider, RefundPayment
from oneai.billing.record_rows import read_row
from oneai.billing_errors import PaymentProviderUnavailable, ProviderError
from oneai.errors import OneAIError
from oneai.postgres import db

# The delay doubles after every attempt, up to six hours; the operation is given up after three days.
FIRST_PAUSE = 60
LONGEST_PAUSE = 6 * 3600
ATTEMPTS_LIMIT = 20
# An operator replaces a refused key within minutes, and no operation is at fault.
KEY_PAUSE = 300
# The limit while the user waits: API Gateway gives up after 29 s …
REQUEST_SECONDS = 15.0
# … and the limit if the request has already waited for the provider.
SHORT_SECONDS = 5.0

type OperationKind = Literal["cancel", "cancel_at_period_end", "refund", "charge"]
KINDS: tuple[OperationKind, ...] = ("cancel", "cancel_at_period_end", "refund", "charge")
type OperationOutcome = Literal["succeeded", "pending", "failed"]
type FinalState = Literal["succeeded", "failed", "cancelled"]

# The outcomes of operations, as jobs and commands report them.
REPORTED: dict[OperationOutcome, str] = {"succeeded": "done", "pending": "waiting", "failed": "failed"}


@dataclass(frozen=True)
class ClaimedOperation:
    """One operation to make at a provider. `amount` and `currency` are those of a refund or a debit, None for
    cancellations."""

    id: UUID
    payment_provider: str
    dedupe_key: str
    kind: OperationKind
    reason: str
    attempts: int
    subscription_ref: str | None
    order_ref: str | None
    payment_ref: str | None
    amount: int | None
    currency: str | None
    cancel_requested_at: datetime | None


@dataclass
class _OperationId:
    id: UUID


class _Result(NamedTuple):
    """The operation's new state, and whether further requests to its provider are pointless now."""

    outcome: OperationOutcome
    provider_away: bool = False


async def run_due(only: UUID | None = None, *, seconds: float = 25) -> dict[str, int]:
    """Makes the operations that are due, or only the one `only`; claims no new one after `seconds`. Counts the
    outcomes.

    A refusal or a missing answer of a provider raises nothing: operators are alerted, and the operation is retried. A
    provider that is away holds up no other one.
    """
    counts = dict.fromkeys(REPORTED.values(), 0)
    began = time.monotonic()
    away: list[str] = []
    while (operation := await _claim(only, away)) is not None:
        result = await _run(operation, "reconciliation" if only is None else "request")
        counts[REPORTED[result.outcome]] += 1
        if result.provider_away:
            away.append(operation.payment_provider)
        if only is not None or time.monotonic() - began > seconds:
            break
    return counts


async def run_now(ids: Iterable[UUID], seconds: float = REQUEST_SECONDS) -> None:
    """Makes these operations one by one while the user waits; the job makes those for which no time is left."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            for operation_id in ids:
                await run_due(only=operation_id)


async def run_pending(
    workspace_id: UUID, *, kinds: Iterable[OperationKind] = KINDS, seconds: float = REQUEST_SECONDS
) -> None:
    """Makes the user's operations that are due, while the user waits."""
    rows = await db.as_service(
        """
        select c.id from oneai.provider_operations as c join oneai.subscriptions as s on s.id = c.subscription_id
        where s.workspace_id = %s and c.state = 'pending' and c.due_at <= oneai.now() and c.kind = any (%s)
        order by c.created_at, c.kind
        """,
        [workspace_id, list(kinds)],
        _OperationId,
    )
    await run_now([each.id for each in rows], seconds)


async def run_of_payment(payment_id: UUID, seconds: float = REQUEST_SECONDS) -> None:
    """Makes the refunds of a payment that are due, while the user waits."""
    rows = await db.as_service(
        "select id from oneai.provider_operations "
        "where payment_id = %s and state = 'pending' and due_at <= oneai.now()",
        [payment_id],
        _OperationId,
    )
    await run_now([each.id for each in rows], seconds)


async def _claim(only: UUID | None, away: list[str]) -> ClaimedOperation | None:
    (claimed,) = await db.call("select oneai.claim_operation(%s, %s::text[])", [only, away])
    return None if claimed is None else read_row(ClaimedOperation, claimed)


async def _run(operation: ClaimedOperation, source: ChangeSource) -> _Result:
    if operation.attempts > ATTEMPTS_LIMIT:
        return _Result(await _retry_later(operation, "The worker did not finish."))
    try:
        async with translate_errors(operation.payment_provider, operation.dedupe_key, throttled=False, alerted=False):
            state = await _send(operation, source)
    except (ProviderRefused, NotChangeable) as error:
        problem = error.problem if isinstance(error, ProviderRefused) else error.message
        return _Result(await _refused(operation, problem))
    except KeyRefused:
        await _finish(operation, "pending", "The provider rejects our key.", KEY_PAUSE)
        return _Result("pending", provider_away=True)
    except PaymentProviderUnavailable:
        return _Result(await _retry_later(operation, "The provider gave no answer."), provider_away=True)
    except OneAIError as error:  # the other operations belong to other users
        log.exception("an operation could not be made", call=str(operation.id), kind=operation.kind)
        return _Result(await _retry_later(operation, f"{type(error).__name__} on our side."))
    await _finish(operation, state)
    log.info("an operation was made at the payment provider", call=str(operation.id), kind=operation.kind)
    return _Result("succeeded")


async def _send(operation: ClaimedOperation, source: ChangeSource) -> FinalState:
    """Sends it to the provider, and returns its final state. A debit that the payer's bank refused is no error."""
    if operation.kind == "charge":
        return await credit_debits.charge(operation.id, source)
    provider = providers.of(operation.payment_provider)
    if operation.kind == "refund":
        await _refund(provider, operation, source)
    elif operation.subscription_ref is not None:
        await _cancel(provider, operation, operation.subscription_ref, source)
    return "succeeded"


async def _cancel(provider: PaymentProvider, operation: ClaimedOperation, ref: str, source: ChangeSource) -> None:
    """Fetches first, including payments: a subscription that has ended needs no cancellation, one that was charged
    since is cancelled immediately, and a payment on an open page that no event reported is refunded. A provider that
    keeps no subscriptions shows none: there its open pages end."""
    observation = await provider.fetch(Fetch(ref, with_payments=True))
    await processing.ingest(observation, source=source)
    snapshot = next(iter(observation.snapshots), None)
    if snapshot is None:
        await processing.ingest(await provider.send(Cancel(ref, at_period_end=False)), source=source)
    elif not snapshot.ended:
        await db.call("select oneai.mark_operation_sent(%s)", [operation.id], idempotent=True)
        waits = operation.kind == "cancel_at_period_end" and _is_last_period(snapshot, operation.cancel_requested_at)
        await processing.ingest(await provider.send(Cancel(snapshot.ref, at_period_end=waits)), source=source)


def _is_last_period(snapshot: Snapshot, requested_at: datetime | None) -> bool:
    """Whether the provider is still in the period at whose end it should stop: then it can wait for that end."""
    renewed_since = snapshot.period_start and requested_at and snapshot.period_start > requested_at
    return snapshot.period_end is not None and snapshot.period_end > snapshot.at and not renewed_since


async def _refund(provider: PaymentProvider, operation: ClaimedOperation, source: ChangeSource) -> None:
    minimum = provider.CAPABILITIES.minimum_refund
    if operation.payment_ref is None or operation.amount is None or operation.amount < minimum:
        return
    refund = RefundPayment(operation.payment_ref, operation.amount, operation.currency or "", operation.id)
    try:
        observation = await provider.send(refund)
    except ProviderError as error:
        if error.status != 400:
            raise
        if operation.subscription_ref is not None:
            observation = await provider.fetch(Fetch(operation.subscription_ref, with_payments=True))
        elif operation.order_ref is not None:
            observation = await provider.fetch(Fetch(operation.order_ref, "order"))
        else:
            raise
        await processing.ingest(observation, source=source)
        left = _refundable(observation, operation.payment_ref)
        if left is None or (left > 0 and operation.reason != "unexpected_charge"):
            raise
        if left < minimum:
            return
        # Part of a full refund was made manually. A key is valid for one amount.
        amount, key = min(left, operation.amount), uuid5(operation.id, str(left))
        observation = await provider.send(replace(refund, amount=amount, operation_id=key))
    await processing.ingest(observation, source=source)


def _refundable(observation: Observation, payment_ref: str) -> int | None:
    """The amount of that payment without pending refunds; None if the observation does not contain it."""
    refunds = [each for each in observation.refunds if each.payment_ref == payment_ref and each.status != "failed"]
    payment = next((each for each in observation.payments if each.ref == payment_ref), None)
    if payment is None:
        return None
    return max(payment.amount - max(payment.amount_refunded, sum(each.amount for each in refunds)), 0)


async def _refused(operation: ClaimedOperation, problem: str) -> OperationOutcome:
    """Alerts operators immediately, and retries anyway: an empty account fills, a state changes."""
    outcome = await _retry_later(operation, problem)
    if outcome != "failed":
        await _alert(operation, problem, given_up=False)
    return outcome


async def _retry_later(operation: ClaimedOperation, problem: str) -> OperationOutcome:
    if operation.attempts >= ATTEMPTS_LIMIT:
        await _finish(operation, "failed", problem)
        await _alert(operation, problem, given_up=True)
        return "failed"
    await _finish(operation, "pending", problem, min(FIRST_PAUSE * 2 ** (operation.attempts - 1), LONGEST_PAUSE))
    return "pending"


async def _finish(
    operation: ClaimedOperation, state: OperationOutcome | FinalState, problem: str | None = None, seconds: int = 0
) -> None:
    await db.call("select oneai.finish_operation(%s, %s, %s, %s)", [operation.id, state, problem, seconds])


async def _alert(operation: ClaimedOperation, problem: str, *, given_up: bool) -> None:
    """One alert for each kind of operation of a subscription, so that many payments do not cause many alerts."""
    of = operation.subscription_ref or operation.order_ref or operation.payment_ref or operation.dedupe_key
    await alerts.raise_alert(
        "provider_call_failed",
        f"{operation.kind}:{of}",
        call=str(operation.id),
        key=operation.dedupe_key,
        problem=problem,
        given_up=given_up,
    )
