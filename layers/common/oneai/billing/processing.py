"""Turns reports of payment providers into facts, and projects and saves what follows from all facts of a user.

One set of locks covers reading the user's billing record, merging new facts into it (`merge.py`), projecting the
billing state (`projection`) and writing it. So neither the order in which facts arrive nor their repetition matters.
"""

import asyncio
import json
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, LiteralString
from uuid import UUID

from oneai import log, metrics, settings
from oneai.billing import providers, rows
from oneai.billing.credit_decisions import decide
from oneai.billing.event_batch import EventBatch, PendingEvent, is_relevant, parked_events, referenced_ids
from oneai.billing.facts import Event, Observation, SyncRequest
from oneai.billing.merge import Changes
from oneai.billing.projection.effects import BillingState
from oneai.billing.projection.policy import BillingPolicy
from oneai.billing.projection.project import project
from oneai.billing.providers.face import Fetch
from oneai.billing.quota_usage import add_usage
from oneai.billing.record import BillingRecord
from oneai.billing.record_rows import load_record, moment
from oneai.billing.scheduled_changes import record_scheduled_changes
from oneai.billing.tax import seller_terms
from oneai.errors import Busy, OneAIError
from oneai.postgres import db
from oneai.settings import SettingsError
from oneai.text import replace_nul

type ChangeSource = Literal["webhook", "verify", "reconciliation", "request", "operator", "clock"]
type EventOutcome = Literal["processed", "parked", "pending"]

# The outcomes of an event, as the webhook answers them and jobs count them.
REPORTED: dict[EventOutcome, Literal["applied", "stored", "unapplied"]] = {
    "processed": "applied",
    "parked": "stored",
    "pending": "unapplied",
}

# The sender of the event waits for us, while a sync can wait for the job.
SYNC_SECONDS = 2.0


@dataclass(frozen=True)
class ProcessingResult:
    """The outcome of one transaction: the event's new state, and subscriptions to sync."""

    outcome: EventOutcome
    sync_requests: frozenset[SyncRequest] = field(default_factory=frozenset)


async def ingest(observation: Observation, *, source: ChangeSource) -> None:
    """Stores an observation and projects every user it concerns. References without a user are ignored.

    Raises Busy.
    """
    await _retry_once(lambda: _ingest(observation, source=source))


async def process_and_follow_up(
    payment_provider: str, event_id: str, *, source: ChangeSource = "webhook", event: Event | None = None
) -> EventOutcome:
    """Processes a stored event with `process_event`, follows it up, and returns the event's new state."""
    result = await process_event(payment_provider, event_id, source=source, event=event)
    await follow_up(result, source=source)
    return result.outcome


async def process_event(
    payment_provider: str, event_id: str, *, source: ChangeSource = "webhook", event: Event | None = None
) -> ProcessingResult:
    """Processes a stored event, once. `parked`: its references belong to no workspace (yet).

    A caller that has just stored these bytes passes the content as `event`. An error is stored with the event and
    reported to operators; it is never raised.
    """
    try:
        return await _retry_once(lambda: _process(payment_provider, event_id, source, event))
    except Exception as error:  # noqa: BLE001  a poisonous event must stop nothing but itself
        log.exception("an event could not be applied", event_id=event_id)
        await save_problem(payment_provider, event_id, error)
        return ProcessingResult("pending")


async def follow_up(result: ProcessingResult, *, source: ChangeSource = "webhook") -> None:
    """Syncs what an event requested. It may be interrupted anywhere, because the job finds the rest. Never raises."""
    requests = sorted(result.sync_requests)
    # Each sync begins with its own request. The others wait, and this process may end before their turn.
    for request in requests[1:]:
        with suppress(OneAIError):
            await _request_sync(request)
    for request in requests:
        await sync(request, source=source)


async def reproject(workspace_id: UUID, *, source: ChangeSource = "clock") -> None:
    """Projects one workspace as of now, because the state also changes with time. Raises Busy.

    A sync of a subscription that is due remains due.
    """
    await _retry_once(lambda: _ingest(Observation(), source=source, workspace_id=workspace_id))


async def record_wish(
    workspace_id: UUID,
    statement: LiteralString,
    params: Sequence[Any],
    *,
    source: ChangeSource = "request",
    check: Callable[[BillingRecord, datetime, Any], None] | None = None,
) -> Any:
    """Runs a statement that records a user's request, and projects the workspace in the same transaction. Returns the
    statement's result. Raises what the statement raises, what `check` raises for the facts with the request, the time
    and the statement's result, and Busy."""
    async with db.transaction() as tx:
        (result,) = await tx.call(statement, params)
        (loaded,) = await tx.call("select oneai.lock_and_load_billing(null, null, '{}', %s)", [workspace_id])
        if check is not None:
            check(load_record(loaded["workspaces"][0]), moment(loaded["at"]), result)
        projections = await _project_all(tx, loaded, EventBatch([PendingEvent(None, Observation())]), by_time=True)
        await tx.finish(
            "select oneai.save_projections(null, null, 'processed', %s, %s, true)",
            [_json(projections.workspaces), source],
        )
    return result


async def _process(payment_provider: str, event_id: str, source: ChangeSource, event: Event | None) -> ProcessingResult:
    if event is not None:
        return await _ingest(event.observation, source=source, event=event)
    (body, state) = await db.call(
        "select body, state from oneai.stored_event(%s, %s)", [payment_provider, event_id], idempotent=True
    )
    if body is None or state == "processed":
        return ProcessingResult("processed" if state == "processed" else "parked")
    try:
        event = providers.of(payment_provider).observe(event_id, bytes(body))
    except ValueError as error:
        await _save_unreadable(payment_provider, event_id, error)
        return ProcessingResult("pending")
    return await _ingest(event.observation, source=source, event=event)


async def _ingest(
    observation: Observation, *, source: ChangeSource, event: Event | None = None, workspace_id: UUID | None = None
) -> ProcessingResult:
    """Ingests the observation with the parked events that match now; without them if one of them fails."""
    try:
        return await _ingest_batch(observation, source, event, workspace_id, with_parked=True)
    except _BatchFailed as error:
        log.warning("an event is applied without its parked events", error=type(error.__cause__).__name__)
        return await _ingest_batch(observation, source, event, workspace_id, with_parked=False)


async def _ingest_batch(
    observation: Observation, source: ChangeSource, event: Event | None, workspace_id: UUID | None, *, with_parked: bool
) -> ProcessingResult:
    """One transaction: lock and load, merge and project, save. Raises _BatchFailed if it included parked events."""
    event_id, refs = event.event_id if event is not None else None, referenced_ids(observation, event)
    payment_provider = observation.payment_provider if event is None else event.payment_provider
    first = PendingEvent(event_id, observation, undated=event is not None and event.at is None)
    others: list[PendingEvent] = []
    try:
        async with db.transaction() as tx:
            (loaded,) = await tx.call(
                "select oneai.lock_and_load_billing(%s, %s, %s, %s, %s)",
                [payment_provider, event_id, json.dumps(refs), workspace_id, with_parked],
            )
            if "workspaces" not in loaded:
                return ProcessingResult("processed" if loaded["state"] == "processed" else "parked")
            others = parked_events(loaded, payment_provider)
            projections = await _project_all(tx, loaded, EventBatch([first, *others]), by_time=event is None)
            matched = (
                bool(loaded["workspaces"]) and projections.first_matched and event is not None and is_relevant(event)
            )
            state: EventOutcome = "processed" if matched else "parked"
            await tx.finish(
                "select oneai.save_projections(%s, %s, %s, %s, %s, %s, %s::text[])",
                [
                    *(payment_provider, event_id, state, _json(projections.workspaces)),
                    *(source, workspace_id is not None, projections.others_matched),
                ],
            )
    except Busy:
        raise
    except Exception as error:
        if others:
            raise _BatchFailed from error
        raise
    # An event that an operator replays is late on purpose.
    if state == "processed" and source != "operator" and event is not None and event.at is not None:
        late = (moment(loaded["at"]) - event.at).total_seconds()
        metrics.count(metrics.WEBHOOK_LAG, max(late, 0), event_id=event.event_id, event_kind=event.kind)
    return ProcessingResult(state, frozenset(projections.sync_requests))


class _BatchFailed(Exception):
    """A transaction that included parked events failed."""


@dataclass
class _Projections:
    """The rows to write for each workspace, the syncs to make, and the events that matched."""

    workspaces: list[dict[str, Any]] = field(default_factory=list)
    sync_requests: set[SyncRequest] = field(default_factory=set)
    first_matched: bool = False
    others_matched: list[str] = field(default_factory=list)


async def _project_all(
    tx: db.Transaction, loaded: Mapping[str, Any], batch: EventBatch, *, by_time: bool
) -> _Projections:
    """Projects every workspace. Skips those for which the events change nothing, unless time may have (`by_time`)."""
    now, projections = moment(loaded["at"]), _Projections()
    for row in loaded["workspaces"]:
        record = load_record(row)
        changes = batch.merge_into(record)
        projections.sync_requests |= changes.sync_requests
        if changes == Changes() and not by_time:
            continue
        state = await _project(tx, record, now)
        if scheduled := record_scheduled_changes(record, state, now):
            changes.subscriptions |= scheduled
            state = await _project(tx, record, now)
        touched = {record.subscriptions[ours].key for ours in changes.subscriptions}
        projections.sync_requests |= {
            each for each in state.sync_requests if (each.payment_provider, each.ref) in touched
        }
        projections.workspaces.append(
            {
                "workspace_id": record.workspace_id,
                "facts": rows.fact_rows(record, changes),
                "projection": rows.projection_rows(record, changes, state, seller_terms),
            }
        )
    projections.first_matched, projections.others_matched = batch.first_matched, batch.others_matched
    return projections


async def _project(tx: db.Transaction, record: BillingRecord, now: datetime) -> BillingState:
    """Projects the billing state, and loads the usage and the decisions that it requests."""
    policy = settings.read(BillingPolicy)
    while (state := project(record, now, policy)).missing_usage or state.undecided:
        if state.missing_usage:
            await add_usage(tx, record, state.missing_usage)
        if state.undecided:
            await decide(tx, record, state.undecided)
    return state


async def sync(request: SyncRequest, *, source: ChangeSource, seconds: float = SYNC_SECONDS) -> None:
    """Fetches the subscription or order from the provider and ingests it. The job fetches it if the provider does not
    answer in time."""
    try:
        at = await _request_sync(request)
        async with asyncio.timeout(seconds):
            observation = await providers.of(request.payment_provider).fetch(
                Fetch(
                    request.ref,
                    "order" if request.is_order else "subscription",
                    with_payments=request.with_payments,
                    with_mandate=request.with_mandate,
                    page_ref=request.page_ref,
                    at=at,
                )
            )
        if observation != Observation():
            await ingest(observation, source=source)
    except Exception as error:  # noqa: BLE001  what led to the request is committed
        log.warning("a sync is left to the job", subscription=request.ref, error=type(error).__name__)


async def _request_sync(request: SyncRequest) -> datetime:
    """Leaves the sync to the job, and returns the time of the stack's clock. Raises Busy."""
    (at,) = await db.call("select oneai.request_sync(%s, %s)", [request.payment_provider, request.ref], idempotent=True)
    found: datetime = at
    return found


async def save_problem(payment_provider: str, event_id: str, error: Exception) -> None:
    """Stores the kind and the place of an error in our words, never the event's content, and alerts operators."""
    metrics.count(metrics.OPERATOR_ALERTS, of="webhook_unapplied")
    cause = error.__cause__ or error
    problem = f"{type(error).__name__}: {type(cause).__name__} {getattr(cause, 'sqlstate', '') or ''}".strip()
    if isinstance(cause, SettingsError):
        problem = str(cause)
    try:
        await db.call("select oneai.fail_event(%s, %s, %s)", [payment_provider, event_id, problem[:500]])
    except OneAIError:
        log.exception("the problem of an event could not be stored", event_id=event_id)


async def _save_unreadable(payment_provider: str, event_id: str, error: ValueError) -> None:
    """Stores that the event cannot be read, and where reading stopped. Only an operator can retry it."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    problem = f"unreadable: {type(error).__name__} in {frame.f_code.co_qualname}"
    log.warning("an event cannot be read", event_id=event_id, problem=problem)
    (alerted,) = await db.call("select oneai.fail_event(%s, %s, %s, true)", [payment_provider, event_id, problem])
    if alerted:
        metrics.count(metrics.OPERATOR_ALERTS, of="webhook_unapplied")


async def _retry_once(work: Callable[[], Awaitable[ProcessingResult]]) -> ProcessingResult:
    """Runs the work again after a broken connection or a deadlock; all of it can be repeated."""
    try:
        return await work()
    except Busy:
        return await work()


def _json(value: object) -> str:
    return replace_nul(json.dumps(value, default=rows.to_json, ensure_ascii=False))
