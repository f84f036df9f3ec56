"""Finds captured payments, refunds and disputes that no event reported, in the lists of the providers that have them.

A payment is listed three times: when it is new, which recovers what its event would have done; after a day, when an
unknown one is an alert; and after six days, as a bank may confirm a payment up to five days late. So is a refund,
whose result may come days after it. Disputes are listed each time until they are four months old, because a bank
decides within about three. What is listed belongs to any user, so nothing is locked.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import LiteralString

from oneai import alerts
from oneai.billing import processing, providers
from oneai.billing.facts import Dispute, Observation, Refund
from oneai.billing.providers.errors import ProviderRefused, translate_errors
from oneai.billing.providers.face import Fetch, ListedPayment, ListsPayments
from oneai.billing.record_rows import moment
from oneai.billing_errors import PaymentProviderUnavailable
from oneai.postgres import db

# How old payments and refunds are when they are listed, at least.
AGES = (timedelta(0), timedelta(days=1), timedelta(days=6))
# An unknown payment is an alert from this age on. The small amount that authorizes a mandate has gone back by then.
UNEXPLAINED = timedelta(days=1)
# The maximum age of disputes that are listed.
DISPUTED = timedelta(days=120)

_REFUNDS: LiteralString = "select oneai.refunds_not_known(%s, %s::text[], %s::text[], %s::text[])"
_DISPUTES: LiteralString = "select oneai.disputes_not_known(%s, %s::text[], %s::text[], %s::text[])"


async def find_lost(left: Callable[[], float]) -> dict[str, int]:
    """Lists what is due while `left()` seconds are left; returns how many payments, refunds and disputes were
    recovered, and how many payments nothing explains. A provider that does not answer is asked by the next run, which
    lists the same time again."""
    recovered = unexplained = refunds = disputes = 0
    for provider in providers.that_list_payments():
        while left() > 0:
            (due,) = await db.call("select oneai.payments_to_list(%s)", [provider.NAME], idempotent=True)
            if due is None:
                break
            at, since, until = (moment(due[name]) for name in ("at", "since", "until"))
            try:
                for age in AGES:
                    found = await _check(provider, at, since - age, until - age)
                    recovered += found[0]
                    unexplained += found[1]
                    # After the payments, as a refund of an unknown one is ignored.
                    refunds += await _recover_refunds(provider, since - age, until - age)
                disputes += await _recover_disputes(provider, at)
            except PaymentProviderUnavailable:
                break
            await db.call("select oneai.mark_job(%s, %s)", [f"payments {provider.NAME}", until], idempotent=True)
    return {
        "payments_recovered": recovered,
        "refunds_recovered": refunds,
        "disputes_recovered": disputes,
        "payments_unexplained": unexplained,
    }


async def _check(provider: ListsPayments, at: datetime, since: datetime, until: datetime) -> tuple[int, int]:
    """Recovers the payments of this time that are not known here, and alerts operators of those that stay unknown."""
    async with translate_errors(provider.NAME, "the list of payments", throttled=False):
        listed = await provider.list_payments(since, until)
    unknown = await _unknown(provider, listed)
    for each in unknown:
        # What cannot be read stays unknown.
        with suppress(ProviderRefused):
            async with translate_errors(provider.NAME, each.ref, alerted=False):
                observation = await provider.fetch(Fetch(each.ref, "payment", with_payments=True))
            await processing.ingest(observation, source="reconciliation")
    await _save_fees(provider, listed)
    still = await _unknown(provider, unknown)
    unexplained = [each for each in still if at - each.at >= UNEXPLAINED and not each.refunded]
    for each in unexplained:
        detail = {"payment_provider": provider.NAME, "amount": each.amount, "currency": each.currency}
        await alerts.raise_alert(
            "credits_unexplained", each.ref, problem="unknown_payment", since=each.at.isoformat(), **detail
        )
    return len(unknown) - len(still), len(unexplained)


async def _save_fees(provider: ListsPayments, listed: tuple[ListedPayment, ...]) -> None:
    """Stores the fees of known payments that had none: an event may arrive before its provider has computed the fee,
    and at Stripe a subscription's payments are fetched without fees."""
    fees = {each.ref: each.fee for each in listed if each.fee is not None}
    if fees:
        await db.call(
            "select oneai.save_fees(%s, %s::text[], %s::bigint[])",
            [provider.NAME, list(fees), list(fees.values())],
            idempotent=True,
        )


async def _recover_refunds(provider: ListsPayments, since: datetime, until: datetime) -> int:
    """Stores the refunds of this time whose payment is known here, and which are not stored with their status."""
    async with translate_errors(provider.NAME, "the list of refunds", throttled=False):
        listed = await provider.list_refunds(since, until)
    unknown = await _not_stored(_REFUNDS, provider, listed)
    for each in unknown:
        await processing.ingest(Observation(refunds=(each,)), source="reconciliation")
    return len(unknown) - len(await _not_stored(_REFUNDS, provider, unknown))


async def _recover_disputes(provider: ListsPayments, at: datetime) -> int:
    """Stores the disputes whose payment is known here, and which are not stored with their status."""
    async with translate_errors(provider.NAME, "the list of disputes", throttled=False):
        listed = await provider.list_disputes(at - DISPUTED, at)
    unknown = await _not_stored(_DISPUTES, provider, listed)
    for each in unknown:
        await processing.ingest(Observation(disputes=(each,)), source="reconciliation")
    return len(unknown) - len(await _not_stored(_DISPUTES, provider, unknown))


async def _not_stored[Listed: (Refund, Dispute)](
    query: LiteralString, provider: ListsPayments, listed: tuple[Listed, ...]
) -> tuple[Listed, ...]:
    """Those of known payments that are not stored with this status."""
    if not listed:
        return ()
    refs, payment_refs = [each.ref for each in listed], [each.payment_ref for each in listed]
    statuses: list[str] = [each.status for each in listed]
    (unknown,) = await db.call(query, [provider.NAME, refs, payment_refs, statuses], idempotent=True)
    return tuple(each for each in listed if each.ref in unknown)


async def _unknown(provider: ListsPayments, listed: tuple[ListedPayment, ...]) -> tuple[ListedPayment, ...]:
    """Those that are not stored as captured."""
    if not listed:
        return ()
    refs = [each.ref for each in listed]
    query = "select oneai.payments_not_known(%s, %s::text[])"
    (unknown,) = await db.call(query, [provider.NAME, refs], idempotent=True)
    return tuple(each for each in listed if each.ref in unknown)
