"""The end of an answer: text, usage, cost and reservation in one round trip, then everybody hears of it."""

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any

from oneai import alerts, log
from oneai.chat.attachments.generated_images import kept
from oneai.chat.turn import cost, titles
from oneai.chat.turn.answer import Answer, Ending, notice
from oneai.errors import Busy, OneAIError
from oneai.postgres import db

# Nobody waits longer than this to hear how an answer ended.
SECONDS_TO_HEAR = 5.0
# While Postgres is away, settling is tried again this often, until shortly before the function's deadline.
SECONDS_BETWEEN_TRIES = 1.0
SECONDS_BEFORE_DEADLINE = 2.0


async def settle(answer: Answer, failure: OneAIError | None, *, stopped: bool) -> bool:
    """Settles `answer` and tells its followers how it ended. Whether its conversation is to get a title now.

    With Postgres away, followers hear it soon, without quota, and settling goes on while this function lives.
    """
    images: Sequence[Any] = answer.images
    if images and not answer.gone.is_set():
        images = await kept(answer, hurried=failure is not None)
    outcome = _outcome(answer, failure, images, stopped=stopped)
    trying = asyncio.create_task(_try(answer, outcome))
    telling = asyncio.create_task(_tell_operator(answer, failure))
    await asyncio.wait([trying, telling], timeout=SECONDS_TO_HEAR)
    answer.ending = _ending(answer, outcome, failure, trying.result() if trying.done() else None)
    answer.tell()
    await telling
    settled = await trying
    while settled is None and time.time() < answer.deadline - SECONDS_BEFORE_DEADLINE:
        await asyncio.sleep(SECONDS_BETWEEN_TRIES)
        settled = await _try(answer, outcome)
    return bool(settled and settled["untitled"])


async def _try(answer: Answer, outcome: dict[str, Any]) -> dict[str, Any] | None:
    """What `oneai.settle` says; None while Postgres is away; nothing where trying again would change nothing."""
    try:
        (settled,) = await db.call(
            "select oneai.settle(%s, %s)",
            [answer.turn.message_id, json.dumps(outcome, ensure_ascii=False)],
            idempotent=True,
        )
    except Busy:
        log.warning("an answer could not be settled yet", message_id=answer.turn.message_id)
        return None
    except Exception:  # noqa: BLE001 — whoever follows has to hear of an end; the answer will lapse
        log.exception("an answer could not be settled", message_id=answer.turn.message_id)
        return {}
    return dict(settled)


def _outcome(answer: Answer, failure: OneAIError | None, images: Sequence[Any], *, stopped: bool) -> dict[str, Any]:
    said = answer.completion
    text = answer.text()
    something = bool(text or answer.images)
    sent = said is not None and said.sent
    return {
        "content": text,
        "state": _state(failure, something=something, stopped=stopped),
        "sent": sent,
        "finish_reason": _finish_reason(answer, failure, stopped=stopped),
        "error_code": failure.code if failure else None,
        "model": (said and said.model) or (answer.turn.models[0].id if something else None),
        "provider": said.provider if said else None,
        "generation_id": said.generation_id if said else None,
        "usage": _usage(answer, text, failed=not something and (failure is not None or not sent)),
        "metadata": {"images": images} if images else {},
        "first_token_ms": answer.first_token_ms,
        # An answer that broke off names nothing, and perhaps the process has to end; there will be another.
        "titles": failure is None and titles.wanted(answer),
    }


def _finish_reason(answer: Answer, failure: OneAIError | None, *, stopped: bool) -> str | None:
    if stopped:
        return "budget" if answer.over_budget() else "cancelled"
    if failure:
        return "error"
    return answer.completion.finish_reason if answer.completion else None


def _state(failure: OneAIError | None, *, something: bool, stopped: bool) -> str:
    if failure is not None:
        return "truncated" if something else "failed"
    return "stopped" if stopped else "complete"


def _usage(answer: Answer, text: str, *, failed: bool) -> dict[str, Any]:
    thoughts = "".join([event.text for event in answer.log if event.kind == "reasoning"])
    usage = cost.of(answer.completion, answer.turn.models, answer.messages, text, thoughts)
    if failed and usage["estimated"] and not usage["completion_tokens"]:
        # Providers do not charge for a failure without a token; where one did, `/generation` will say so.
        usage["cost_micro_usd"] = 0
    return usage


def _ending(
    answer: Answer, outcome: dict[str, Any], failure: OneAIError | None, settled: dict[str, Any] | None
) -> Ending:
    quota = settled["quota"] if settled else None
    return Ending(
        state=outcome["state"],
        finish_reason=outcome["finish_reason"],
        requested_model=answer.turn.models[0].id,
        model=outcome["model"],
        provider=outcome["provider"],
        usage=outcome["usage"],
        quota=quota and {name: quota[name] for name in ("key", "used", "limit", "remaining", "resets_at")},
        error=failure,
        notice=notice(
            outcome["state"], outcome["finish_reason"], empty=not (outcome["content"] or outcome["metadata"])
        ),
    )


async def _tell_operator(answer: Answer, failure: OneAIError | None) -> None:
    kind = getattr(failure, "alert", None)
    if kind is not None:
        await alerts.tell(kind, "openrouter", model=answer.turn.models[0].id)
