"""The end of an answer: stores text, usage, cost and reservation in one round trip, then sends followers the ending."""

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from oneai import alerts, log, metrics
from oneai.chat.attachments import generated_images
from oneai.chat.turn import answer_metrics, summaries, titles
from oneai.chat.turn.answer import Answer, Ending, answer_notice
from oneai.chat.turn.context import estimate_prompt
from oneai.errors import Busy, InternalError, OneAIError
from oneai.models import OperatorNeeded, price, providers, web_search
from oneai.models.outcome import MAX_REASONING, EndState, Outcome, OutcomeUsage
from oneai.plans.credit_terms import CREDITS
from oneai.postgres import db
from oneai.text import cut, is_blank

# Followers wait at most this long for the ending.
SECONDS_UNTIL_ENDING = 5.0
# While Postgres is down, settling is retried at this interval, until shortly before the function's deadline.
SECONDS_BETWEEN_RETRIES = 1.0
SECONDS_BEFORE_DEADLINE = 2.0


async def settle(answer: Answer, failure: OneAIError | None, *, stopped: bool) -> bool:
    """Settles `answer` and sends its followers the ending. Returns whether its conversation now needs a title.

    While Postgres is down, followers receive the ending soon and without quota, and settling is retried until the
    deadline.
    """
    images: Sequence[Any] = answer.images
    if images and not answer.is_deleted:
        images = await generated_images.store(answer, hurried=failure is not None)
    try:
        structured = answer.structured()
    except Exception:  # noqa: BLE001 — an answer without an ending would hold its reader and its unit
        log.exception("parts of an answer could not be assembled", message_id=answer.turn.message_id)
        structured, failure = {}, failure or InternalError()
    outcome = _outcome(answer, failure, images, structured, stopped=stopped)
    attempt = asyncio.create_task(_attempt(answer, outcome))
    alert = asyncio.create_task(_alert_operator(answer, failure)) if _needs_operator(answer, failure) else None
    await asyncio.wait([attempt, alert] if alert else [attempt], timeout=SECONDS_UNTIL_ENDING)
    answer.ending = _ending(answer, outcome, failure, attempt.result() if attempt.done() else None)
    answer.wake_followers()
    answer_metrics.emit(answer, outcome, failure)
    await report_routes()
    if alert is not None:
        await alert
    result = await attempt
    while result is None and time.time() < answer.deadline - SECONDS_BEFORE_DEADLINE:
        await asyncio.sleep(SECONDS_BETWEEN_RETRIES)
        result = await _attempt(answer, outcome)
    return bool(result and result["untitled"])


async def report_routes() -> None:
    """Stores what this process has learned of its providers since the last time, if anything."""
    if reports := providers.take_route_reports():
        from oneai.chat.turn import route_reports  # imported by the first failure

        await route_reports.store(reports)


async def _attempt(answer: Answer, outcome: Outcome) -> dict[str, Any] | None:
    """The result of `oneai.settle`; None while Postgres is down; empty if a retry would not help."""
    try:
        (result,) = await db.call(
            "select oneai.settle(%s, %s)",
            [answer.turn.message_id, outcome.to_json()],
            idempotent=True,
        )
    except Busy:
        log.warning("an answer could not be settled yet", message_id=answer.turn.message_id)
        return None
    except Exception:  # noqa: BLE001 — followers need an ending; the answer will expire
        log.exception("an answer could not be settled", message_id=answer.turn.message_id)
        return {}
    return dict(result)


def _outcome(
    answer: Answer, failure: OneAIError | None, images: Sequence[Any], structured: dict[str, Any], *, stopped: bool
) -> Outcome:
    completion = answer.completion
    text = answer.text()
    # Blank text does not count as an answer, and is not charged. Neither does text that an answer continues, unless the
    # model ended it without adding to it.
    if is_blank(text) or (is_blank(answer.written_text()) and (stopped or failure is not None)):
        text = ""
    has_content = bool(text or answer.images or "tool_calls" in structured)
    sent = completion is not None and completion.sent
    reasoning = "" if is_blank(answer.reasoning()) else answer.reasoning()
    return Outcome(
        content=text,
        reasoning=cut(reasoning, MAX_REASONING) or None,
        reasoning_length=len(reasoning) or None,
        state=_state(failure, has_content=has_content, stopped=stopped),
        sent=sent,
        finish_reason=_finish_reason(answer, failure, stopped=stopped),
        error_code=failure.code if failure else None,
        model=(completion and completion.model) or (answer.turn.models[0].id if has_content else None),
        provider=completion.provider if completion else None,
        generation_id=answer.generation_id,
        asked_again=bool(completion and completion.earlier),
        openrouter_key=completion.key_id if completion else None,
        usage=OutcomeUsage(
            **_usage(answer, failed=_costs_nothing(answer, failure, has_content=has_content, sent=sent))
        ),
        units=0 if answer.is_ready else None,
        metadata={
            **({"images": images} if images else {}),
            **({"sources": answer.sources} if answer.sources else {}),
            **({"outcome": answer.reader.outcome} if answer.reader and answer.reader.outcome else {}),
            **structured,
        },
        first_token_ms=answer.first_token_ms,
        admission_ms=answer.admission_ms,
        preparation_ms=answer.preparation_ms,
        # A failed answer gets no title, and the process may be about to end; a later answer will.
        titles=failure is None and answer.turn.chatbot is None and titles.is_enabled(answer),
        # The others ask for what they hold when it is written.
        summarises=failure is None and answer.turn.paid_by == CREDITS and summaries.is_due(answer),
    )


def _costs_nothing(answer: Answer, failure: OneAIError | None, *, has_content: bool, sent: bool) -> bool:
    if answer.reader is not None and sent and answer.model_text():
        return False
    return answer.is_ready or (not has_content and (failure is not None or not sent))


def _finish_reason(answer: Answer, failure: OneAIError | None, *, stopped: bool) -> str | None:
    if stopped:
        return "budget" if answer.over_budget() else "cancelled"
    if failure:
        return "error"
    return answer.completion.finish_reason if answer.completion else None


def _state(failure: OneAIError | None, *, has_content: bool, stopped: bool) -> EndState:
    if failure is not None:
        return "truncated" if has_content else "failed"
    return "stopped" if stopped else "complete"


def _usage(answer: Answer, *, failed: bool) -> dict[str, Any]:
    calls = "".join([delta.text for delta in answer.deltas if delta.kind == "tool_call"])
    usage = price.compute_usage(
        answer.completion,
        answer.turn.models,
        lambda: estimate_prompt(**answer.prompt()),
        answer.model_text() + calls,
        answer.reasoning(),
        failed=failed,
    )
    if usage["estimated"] and "web_search_requests" not in usage and answer.cites_pages():
        usage["cost_micro_usd"] += answer.turn.web_searches * web_search.MICRO_USD
    return usage


def _ending(answer: Answer, outcome: Outcome, failure: OneAIError | None, result: dict[str, Any] | None) -> Ending:
    quota = result["quota"] if result else None
    # An answer that was erased meanwhile has no bill.
    bill = (result["bill"] if result else None) or {}
    return Ending(
        state=outcome.state,
        finish_reason=outcome.finish_reason,
        requested_model=answer.turn.models[0].id,
        model=outcome.model,
        provider=outcome.provider,
        usage={"web_search_requests": 0, **outcome.usage.stated(), **bill},
        quota=quota and {name: quota[name] for name in ("key", "used", "limit", "remaining", "resets_at")},
        first_token_ms=outcome.first_token_ms,
        error=failure,
        outcome=outcome.metadata.get("outcome"),
        notice=answer_notice(
            outcome.state,
            empty=not (outcome.content or "images" in outcome.metadata or "tool_calls" in outcome.metadata),
            refused="refusal" in outcome.metadata,
        ),
    )


def _needs_operator(answer: Answer, failure: OneAIError | None) -> bool:
    """Whether only operators can fix the failure; also if another key was accepted in place of a refused one."""
    return isinstance(failure, OperatorNeeded) or bool(answer.completion and answer.completion.refused_keys)


async def _alert_operator(answer: Answer, failure: OneAIError | None) -> None:
    """Alerts operators about the failure."""
    refused = answer.completion.refused_keys if answer.completion else []
    await alerts.raise_alert(
        failure.alert if isinstance(failure, OperatorNeeded) else "openrouter_key_refused",
        "openrouter",
        model=answer.turn.models[0].id,
        keys=refused,
    )


async def expire_answer(message_id: UUID, stats: dict[str, Any] | None = None) -> bool:
    """Settles the answer if its lease has expired; False if it has not, or another process settled it first.

    `stats` are the upstream's of its generation, in the form that `oneai.expire_answer` reads; None: not known yet.
    """
    stats_argument = None if stats is None else json.dumps(stats)
    (settled,) = await db.call("select oneai.expire_answer(%s, %s)", [message_id, stats_argument], idempotent=True)
    if settled:
        metrics.count_expired_lease()
    return bool(settled)
