"""The end of an answer: text, usage, cost and reservation in one round trip, then everybody hears of it."""

import asyncio
import json
import time
from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal
from typing import Any

from oneai import alerts, db, log, openrouter
from oneai.chat.answer import Answer, Ending
from oneai.chat.context import estimate_prompt, estimate_tokens
from oneai.chat.drawings import kept
from oneai.errors import Busy, OneAIError
from oneai.openrouter import Model
from oneai.plans.catalog import PER_MILLION

# Nobody waits longer than this to hear how an answer ended.
SECONDS_TO_HEAR = 5.0
# While Postgres is away, settling is tried again this often, until shortly before the function's deadline.
SECONDS_BETWEEN_TRIES = 1.0
SECONDS_BEFORE_DEADLINE = 2.0


async def settle(answer: Answer, failure: OneAIError | None, *, stopped: bool) -> None:
    """Settles `answer` and tells its followers how it ended.

    With Postgres away, followers hear it soon, without quota, and settling goes on while this function lives.
    """
    images: Sequence[Any] = answer.images
    if images and not answer.gone.is_set():
        images = await kept(answer, hurried=failure is not None)
    outcome = _outcome(answer, failure, images, stopped=stopped)
    trying = asyncio.create_task(_try(answer, outcome))
    telling = asyncio.create_task(_tell_operator(answer, failure))
    await asyncio.wait([trying, telling], timeout=SECONDS_TO_HEAR)
    answer.ending = _ending(outcome, failure, trying.result() if trying.done() else None)
    answer.tell()
    await telling
    settled = await trying
    while settled is None and time.time() < answer.deadline - SECONDS_BEFORE_DEADLINE:
        await asyncio.sleep(SECONDS_BETWEEN_TRIES)
        settled = await _try(answer, outcome)


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
    return {
        "content": text,
        "state": _state(failure, something=something, stopped=stopped),
        "finish_reason": "cancelled" if stopped else "error" if failure else said.finish_reason if said else None,
        "error_code": failure.code if failure else None,
        "model": (said and said.model) or (answer.turn.models[0].id if something else None),
        "provider": said.provider if said else None,
        "generation_id": said.generation_id if said else None,
        "usage": _usage(answer, text),
        "metadata": {"images": images} if images else {},
        "first_token_ms": answer.first_token_ms,
    }


def _state(failure: OneAIError | None, *, something: bool, stopped: bool) -> str:
    if failure is not None:
        return "truncated" if something else "failed"
    return "stopped" if stopped else "complete"


def _usage(answer: Answer, text: str) -> dict[str, Any]:
    """The upstream's own usage; where it said nothing, our estimate, marked so. Nothing was ever sent: zero."""
    said = answer.completion
    usage = said.usage if said else None
    if usage is not None and usage.cost_micro_usd is not None:
        return {**_counted(usage), "cost_micro_usd": usage.cost_micro_usd, "estimated": False}
    if usage is not None:
        counted = _counted(usage)
    elif said is None or said.generation_id is None:
        counted = dict.fromkeys(("prompt_tokens", "completion_tokens", "reasoning_tokens", "cached_tokens"), 0)
    else:
        thought = estimate_tokens("".join([event.text for event in answer.log if event.kind == "reasoning"]))
        counted = {
            "prompt_tokens": estimate_prompt(answer.messages),
            "completion_tokens": estimate_tokens(text) + thought,
            "reasoning_tokens": thought,
            "cached_tokens": 0,
        }
    cost = _cost(_served(answer), counted["prompt_tokens"], counted["completion_tokens"])
    return {**counted, "cost_micro_usd": cost, "estimated": True}


def _counted(usage: openrouter.Usage) -> dict[str, int]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "cached_tokens": usage.cached_tokens,
    }


def _served(answer: Answer) -> Model:
    """The model whose prices count: the one that served, where the catalogue knows it, else the one asked for."""
    name = answer.completion.model if answer.completion else None
    for model in answer.turn.models:
        if name in (model.id, model.canonical_slug):
            return model
    return answer.turn.models[0]


def _cost(model: Model, prompt_tokens: int, completion_tokens: int) -> int:
    """Micro-dollars, rounded up; unknown prices count as nothing here and are corrected from `/generation`."""
    prompt = prompt_tokens * (model.prompt_price or Decimal(0))
    completion = completion_tokens * (model.completion_price or Decimal(0))
    return int(((prompt + completion) * PER_MILLION).to_integral_value(ROUND_CEILING))


def _ending(outcome: dict[str, Any], failure: OneAIError | None, settled: dict[str, Any] | None) -> Ending:
    quota = settled["quota"] if settled else None
    return Ending(
        state=outcome["state"],
        finish_reason=outcome["finish_reason"],
        model=outcome["model"],
        provider=outcome["provider"],
        usage=outcome["usage"],
        quota=quota and {name: quota[name] for name in ("key", "used", "limit", "remaining", "resets_at")},
        error=failure,
    )


async def _tell_operator(answer: Answer, failure: OneAIError | None) -> None:
    kind = getattr(failure, "alert", None)
    if kind is not None:
        await alerts.tell(kind, "openrouter", model=answer.turn.models[0].id)
