"""Recovers, every five minutes, what no event reported. Losing all events only costs time.

The steps are operations that the provider has not received, events that could not be processed, new plan grants,
checkouts whose creation was never confirmed, automatic recharges of credits, and subscriptions that should have changed
but did not. All work is in
small parts and may be interrupted anywhere; two concurrent runs do no harm. No user's row is locked while the provider
is called.

Each step has its share of a run, so that much work of one kind cannot block the others. Refunds and cancellations come
first. The next steps get the time that a step leaves.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from oneai import alerts, log
from oneai.billing import credit_debits, listed_payments, processing, provider_operations, providers
from oneai.billing.facts import Observation
from oneai.billing.providers.errors import ProviderRefused, translate_errors
from oneai.billing.providers.face import Fetch
from oneai.billing.record_rows import read_row
from oneai.billing_errors import PaymentProviderUnavailable
from oneai.postgres import db

# A run starts nothing new after this many seconds (see STEPS for their shares); the next run continues.
SECONDS = 40.0
# The number of items of each kind that are claimed at once …
BATCH = 20
# … and the number of concurrent requests to the provider.
CONCURRENCY = 4
# The delay of the next sync if the provider did not answer, or its answer could not be read.
SOON, LATER = 300, 6 * 3600


@dataclass(frozen=True)
class _DueSync:
    """A subscription whose sync is due (`oneai.claim_syncs`), and whether to `fetch` it. `workspace_id` is None for an
    erased user.

    `closed_invoices`: they can have no more refunds. `with_mandate`: also fetch what its mandate was authorized for.
    """

    id: UUID
    workspace_id: UUID | None
    payment_provider: str
    ref: str
    fetch: bool
    closed_invoices: list[str]
    payments_with_pending_refund: list[str]
    with_mandate: bool


@dataclass(frozen=True)
class _UnconfirmedCheckout:
    """A subscription that may exist at the provider. `late`: if the provider does not know it by now, it does not
    exist."""

    id: UUID
    payment_provider: str
    plan_ref: str
    created_at: datetime
    late: bool


@dataclass(frozen=True)
class _DueOrder:
    """An order whose sync is due (`oneai.claim_order_syncs`)."""

    id: UUID
    payment_provider: str
    ref: str


class _Run:
    """One run: its counts, its end, and the providers that give no answer now."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.away: set[str] = set()
        self._deadline = time.monotonic()

    def start_step(self, share: float) -> None:
        """Starts the next step with this share of the run, plus the time that previous steps left."""
        self._deadline = max(self._deadline, time.monotonic()) + share * SECONDS

    @property
    def left(self) -> float:
        """Seconds in which the step may start new work."""
        return self._deadline - time.monotonic()


async def reconcile_subscriptions(*, everything: bool = False) -> dict[str, int]:
    """One run; returns its counts. `everything`: syncs all subscriptions that can still change, with all their
    invoices, and processes all pending events, whenever they were last tried.

    A failure is logged, the other work continues, and then the first failure is raised.
    """
    run = _Run()
    failure: Exception | None = None
    for step, share in STEPS:
        run.start_step(share)
        try:
            await step(run, everything)
        except Exception as error:  # noqa: BLE001  the other steps do not depend on this one
            log.exception("a step of the reconciliation failed", step=step.__name__)
            failure = failure or error
    if failure is not None:
        raise failure
    return dict(run.counts)


async def _request_all_syncs(run: _Run, everything: bool) -> None:  # noqa: ARG001  as all steps are called
    if everything:
        await db.call("select oneai.request_all_syncs()", [])


async def _process_events(run: _Run, everything: bool) -> None:
    """Processes pending events, and parked ones whose references have become known."""
    done: list[str] = []
    while run.left > 0:
        (claimed,) = await db.call("select oneai.claim_events(%s, %s, %s::text[])", [BATCH, everything, done])
        for each in claimed:
            if run.left <= 0:
                return
            payment_provider, _, event_id = each.partition(" ")
            outcome = await processing.process_and_follow_up(payment_provider, event_id, source="reconciliation")
            run.counts[f"events_{processing.REPORTED[outcome]}"] += 1
        done += claimed
        if not claimed:
            return


async def _run_operations(run: _Run, everything: bool) -> None:  # noqa: ARG001
    if run.left <= 0:
        return
    for outcome, count in (await provider_operations.run_due(seconds=run.left)).items():
        run.counts[f"calls_{outcome}"] += count


async def _confirm_checkouts(run: _Run, everything: bool) -> None:  # noqa: ARG001
    """Confirms checkouts whose creation at the provider is unconfirmed; otherwise a user could pay for an unknown
    one."""
    await _for_all(
        run,
        "select oneai.claim_unconfirmed_checkouts(%s, %s::uuid[], %s::text[])",
        _UnconfirmedCheckout,
        lambda checkout: _confirm(run, checkout),
    )


async def _confirm(run: _Run, checkout: _UnconfirmedCheckout) -> None:
    provider = providers.of(checkout.payment_provider)
    question = provider.find_checkout(checkout.id, checkout.plan_ref, checkout.created_at)
    snapshot = await _ask(run, provider.NAME, str(checkout.id), question)
    if snapshot is not None:
        # Cancelled there if the checkout was cancelled here since: no user has its address.
        await db.call("select oneai.save_checkout(%s, %s, %s)", [checkout.id, snapshot.ref, snapshot.short_url])
        await processing.ingest(Observation(snapshots=(snapshot,)), source="reconciliation")
        run.counts["openings_found"] += 1
    elif checkout.late and provider.NAME not in run.away:
        (abandoned,) = await db.call("select oneai.abandon_unconfirmed_checkout(%s)", [checkout.id])
        run.counts["openings_given_up"] += abandoned


async def _sync_subscriptions(run: _Run, everything: bool) -> None:
    """Fetches subscriptions whose sync is due from the provider, and projects them as of now."""

    async def one(due: _DueSync) -> None:
        if everything:
            due = replace(due, fetch=True, closed_invoices=[])
        await _sync(run, due)

    # Those of a provider that is away are projected as of now.
    await _for_all(run, "select oneai.claim_syncs(%s, %s::uuid[])", _DueSync, one)


async def _sync(run: _Run, due: _DueSync) -> None:
    observation = None
    if due.fetch and due.payment_provider not in run.away:
        what = Fetch(
            due.ref,
            with_payments=True,
            with_mandate=due.with_mandate,
            closed_invoices=due.closed_invoices,
            payments_with_pending_refund=due.payments_with_pending_refund,
        )
        question = providers.of(due.payment_provider).fetch(what)
        observation = await _ask(run, due.payment_provider, due.ref, question)
    if observation is not None:
        await processing.ingest(observation, source="reconciliation")
        run.counts["looked_at"] += 1
    if due.workspace_id is not None:
        await processing.reproject(due.workspace_id, source="clock")
    if observation is None and due.fetch:
        await db.call(
            "select oneai.reschedule_sync(%s, %s)", [due.id, SOON if due.payment_provider in run.away else LATER]
        )
        run.counts["not_looked_at"] += 1


async def _sync_orders(run: _Run, everything: bool) -> None:  # noqa: ARG001
    """Syncs orders that are not completely known, or whose payments may have been refunded without an event."""

    async def one(due: _DueOrder) -> None:
        question = providers.of(due.payment_provider).fetch(Fetch(due.ref, "order", with_payments=True))
        observation = await _ask(run, due.payment_provider, due.ref, question)
        if observation is not None:
            await processing.ingest(observation, source="reconciliation")
            run.counts["looked_at"] += 1

    await _for_all(run, "select oneai.claim_order_syncs(%s, %s::uuid[], %s::text[])", _DueOrder, one)


async def _project_grants(run: _Run, everything: bool) -> None:  # noqa: ARG001
    """Applies plans that operators granted until now, which cause no sync of a subscription."""
    done: list[str] = []
    failures: list[Exception] = []
    while run.left > 0:
        (due,) = await db.call("select oneai.grants_to_project(%s, %s::uuid[])", [BATCH, done], idempotent=True)
        for workspace_id in due["workspaces"]:
            try:
                await processing.reproject(UUID(workspace_id), source="clock")
                await db.call("select oneai.mark_grants_projected(%s, %s)", [workspace_id, due["at"]], idempotent=True)
                run.counts["grants_settled"] += 1
            except Exception as error:  # noqa: BLE001  the others belong to other users
                log.exception("a granted plan could not be applied", principal=workspace_id)
                failures.append(error)
        done += due["workspaces"]
        if not due["workspaces"]:
            break
    if failures:
        raise failures[0]


async def _recharge_credits(run: _Run, everything: bool) -> None:  # noqa: ARG001
    """Reads the mandates of automatic recharges, ends those that were turned off, and opens recharges that are due."""
    from oneai.billing import due_recharges  # what opens orders imports pydantic, which the webhook does without

    if run.left <= 0:
        return
    run.counts["mandates_read"] += await credit_debits.read_mandates()
    run.counts["mandates_ended"] += await credit_debits.end_mandates()
    run.counts["recharges_opened"] += await due_recharges.open_due(lambda: run.left)


async def _check_credits(run: _Run, everything: bool) -> None:  # noqa: ARG001
    """Once a day: looks for payments of credits that no event reported, and for what payments and grants do not
    explain, which operators are alerted of."""
    (unexplained,) = await db.call("select oneai.check_credit_payments()", [])
    for each in unexplained or ():
        if each["kind"] == "unknown_payment":
            continue  # has its alert (listed_payments.py)
        await alerts.raise_alert("credits_unexplained", each["id"], problem=each["kind"], since=each["since"])
        run.counts["credits_unexplained"] += 1


async def _find_lost_payments(run: _Run, everything: bool) -> None:  # noqa: ARG001
    """Looks through the lists of payments at the providers for those that are not known here."""
    for outcome, count in (await listed_payments.find_lost(lambda: run.left)).items():
        run.counts[outcome] += count


async def _for_all[T: (_DueSync, _DueOrder, _UnconfirmedCheckout)](
    run: _Run, query: LiteralString, kind: type[T], do: Callable[[T], Awaitable[None]]
) -> None:
    """Calls `do` once for each item, a few concurrently. A query with three parameters claims nothing of providers that
    are away. A failure is logged, and the first one is raised at the end."""
    done: list[UUID] = []
    failures: list[Exception] = []
    slots = asyncio.Semaphore(CONCURRENCY)

    async def one(item: T) -> None:
        async with slots:
            try:
                await do(item)
            except Exception as error:  # noqa: BLE001  the others belong to other users
                log.exception("a subscription could not be reconciled", subscription=str(item.id))
                failures.append(error)

    while run.left > 0:
        (rows,) = await db.call(query, [BATCH, done, sorted(run.away)][: query.count("%s")])
        items = [read_row(kind, row) for row in rows]
        await asyncio.gather(*(one(item) for item in items))
        done += [item.id for item in items]
        if not items:
            break
    if failures:
        raise failures[0]


async def _ask[T](run: _Run, payment_provider: str, about: str, question: Awaitable[T]) -> T | None:
    """The provider's answer; None if it gives none that can be read, so that other items continue."""
    try:
        async with translate_errors(payment_provider, about, throttled=False):
            return await question
    except ProviderRefused:
        return None
    except PaymentProviderUnavailable:
        run.away.add(payment_provider)
        return None


# The steps in order, with their shares of a run. The last one makes the operations that the others decided.
STEPS = (
    (_request_all_syncs, 0.0),
    (_check_credits, 0.0),
    (_run_operations, 0.25),
    (_process_events, 0.2),
    (_project_grants, 0.1),
    (_confirm_checkouts, 0.1),
    (_sync_subscriptions, 0.1),
    (_sync_orders, 0.05),
    (_find_lost_payments, 0.05),
    (_recharge_credits, 0.05),
    (_run_operations, 0.1),
)
