"""One chat turn, its beginning: everything that can refuse a question, in one round trip."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from oneai import alerts, db, log, openrouter, plans, settings
from oneai.chat.context import Said, from_rows
from oneai.chat.question import Question
from oneai.db import Person
from oneai.errors import InvalidRequest, ServicePaused, UnknownModel, UpstreamUnavailable
from oneai.openrouter import Model
from oneai.plans import PLANS, Offer, Plan

# A message of this many characters is accepted in every plan, whatever its input tokens.
MESSAGE_CHARACTERS = 100_000
# History is read generously, in bytes; the exact fit is made here. No script takes more bytes per token.
BYTES_PER_TOKEN = 8
MICRO = 1_000_000


@dataclass(frozen=True)
class ChatSettings:
    """`daily_spend_limit_usd` stops the money: all people's held and settled cost of one UTC day."""

    require_confirmed_email: bool = False
    daily_spend_limit_usd: Decimal | None = None


@dataclass(frozen=True)
class Turn:
    """An admitted question: stored, its unit held, its answer waiting to be written."""

    person: Person
    question: Question
    message_id: UUID
    conversation_id: UUID
    user_message_id: UUID
    models: list[Model]
    offer: Offer
    history: list[Said]
    system_prompt: str | None


@dataclass(frozen=True)
class AskedBefore:
    """The same question under the same id: its answer's stream, again from the start."""

    message_id: UUID


async def admit(person: Person, question: Question, message_id: UUID | None = None) -> Turn | AskedBefore:
    """Lets the question in, or raises what refuses it; nothing is stored or held then.

    `message_id` is the id an idempotency key stands for; the question's own wins.
    """
    answer_id = question.message_id or message_id or uuid4()
    try:
        models = plans.choose(await openrouter.list_models(), question.model, question.models)
    except (UnknownModel, UpstreamUnavailable) as refusal:
        return await _asked_before(person, question, answer_id, refusal)
    offers = {tier: plans.offer(plan, models) for tier, plan in PLANS.items()}
    try:
        (admitted,) = await db.call(
            "select oneai.admit(%s, %s, %s, %s)",
            [person.user_id, answer_id, _ask(question, answer_id, models), _terms(question, models, offers)],
        )
    except ServicePaused:
        await alerts.tell_at_times("spend_limit_reached", "daily")
        raise
    except InvalidRequest as refusal:
        if refusal.extra:
            raise
        raise InvalidRequest(
            details=[{"field": "message", "message": "The message is too long for your plan."}]
        ) from None
    if admitted.get("replay"):
        return AskedBefore(answer_id)
    if admitted["lapsed"]:
        log.count("OperatorAlert", kind="reservation_lapsed")
    if admitted["spend_percent"] >= 80:
        await alerts.tell_at_times("spend_limit_near", "daily", percent=admitted["spend_percent"])
    return Turn(
        person=person,
        question=question,
        message_id=answer_id,
        conversation_id=UUID(admitted["conversation_id"]),
        user_message_id=UUID(admitted["user_message_id"]),
        models=models,
        offer=offers[admitted["tier"]],
        history=from_rows(admitted["history"]),
        system_prompt=admitted["system_prompt"],
    )


async def _asked_before(
    person: Person, question: Question, answer_id: UUID, refusal: UnknownModel | UpstreamUnavailable
) -> AskedBefore:
    """The answer that was asked for while the model was still there; else what refuses this question comes first,
    and then that there is no such model."""
    terms = json.dumps({tier: {"refusal": refusal.code} for tier in PLANS})
    try:
        await db.call(
            "select oneai.admit(%s, %s, %s, %s)", [person.user_id, answer_id, _ask(question, answer_id, []), terms]
        )
    except type(refusal):
        raise refusal from None
    return AskedBefore(answer_id)


def answer_tokens(turn: Turn) -> int:
    """`max_tokens` of the request: the least of what was asked, the plan's cap and the model's."""
    return min(turn.question.max_tokens or turn.offer.answer_tokens, turn.offer.answer_tokens)


def _ask(question: Question, answer_id: UUID, models: list[Model]) -> str:
    wanted = settings.read(ChatSettings)
    limit = wanted.daily_spend_limit_usd
    return json.dumps(
        {
            "conversation_id": str(question.conversation_id) if question.conversation_id else None,
            "message": question.message,
            "fingerprint": question.fingerprint(),
            "answers": [{"id": str(answer_id), "model": models[0].id}] if models else [],
            "require_confirmed": wanted.require_confirmed_email,
            "spend_limit_micro_usd": None if limit is None else int(limit * MICRO),
        },
        ensure_ascii=False,
    )


def _terms(question: Question, models: list[Model], offers: dict[str, Offer]) -> str:
    """The offers as SQL reads them: each tier's terms, so that admit need not be asked for the tier first."""
    return json.dumps(
        {
            tier: {
                "free": PLANS[tier].free,
                "history_bytes": offers[tier].input_tokens * BYTES_PER_TOKEN,
                "answers": [_term(question, models[0], offers[tier], PLANS[tier])],
            }
            for tier in offers
        }
    )


def _term(question: Question, first: Model, offer: Offer, plan: Plan) -> dict[str, Any]:
    refusal = offer.refusal
    if plan.input_tokens is not None and len(question.message) > max(MESSAGE_CHARACTERS, plan.input_tokens * 4):
        refusal = refusal or InvalidRequest.code
    return {
        "refusal": refusal,
        "quota_key": offer.quota_key,
        "input_tokens": offer.input_tokens,
        "answer_tokens": min(question.max_tokens or offer.answer_tokens, offer.answer_tokens),
        "prompt_micro_usd_per_token": str(offer.prompt_micro_usd_per_token),
        "completion_micro_usd_per_token": str(offer.completion_micro_usd_per_token),
        "price_version": first.price_version,
    }
