"""One chat turn, its beginning: everything that can refuse a question, in one round trip.

Two where a question names no model and its conversation has one of its own.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4, uuid5

from oneai import alerts, log, plans, quota, settings
from oneai.chat.attachments.resolve import Attached, resolve
from oneai.chat.turn.concurrency import answers_at_once
from oneai.chat.turn.context import Said, from_rows
from oneai.chat.turn.question import Question
from oneai.clients import openrouter
from oneai.clients.openrouter import Model
from oneai.errors import (
    InvalidRequest,
    ModelNotInPlan,
    OneAIError,
    QuotaExceeded,
    ServicePaused,
    UnknownModel,
    UpstreamUnavailable,
)
from oneai.field_errors import invalid
from oneai.plans import PLANS, Offer, Plan
from oneai.postgres import db
from oneai.postgres.db import Person

# A message of this many characters is accepted in every plan, whatever its input tokens.
MESSAGE_CHARACTERS = 100_000
# History is read generously, in bytes; the exact fit is made here. No script takes more bytes per token.
BYTES_PER_TOKEN = 8


@dataclass(frozen=True)
class ChatSettings:
    """`require_confirmed_email` refuses people who have not confirmed their address."""

    require_confirmed_email: bool = False


@dataclass(frozen=True)
class Turn:
    """One answer to an admitted question: stored, its unit held, waiting to be written.

    `message` is the question's text, that of before where it is only answered anew. `quota` is what its unit is held
    of, as `oneai.quota_json` tells it; `budget` the tokens it may write where tokens or cost are limited.
    """

    person: Person
    question: Question
    message: str
    message_id: UUID
    conversation_id: UUID
    user_message_id: UUID
    models: list[Model]
    offer: Offer
    history: list[Said]
    system_prompt: str | None
    attached: Attached
    quota: dict[str, Any]
    budget: int | None


@dataclass(frozen=True)
class AskedBefore:
    """The same question under the same id: the streams of its answers, again from the start."""

    message_ids: list[UUID]


@dataclass(frozen=True)
class Wanted:
    """One answer that is asked for, and each tier's terms for it; the first of `models` is asked first."""

    id: UUID
    models: list[Model]
    offers: dict[str, Offer]


async def admit(person: Person, question: Question, message_id: UUID | None = None) -> list[Turn] | AskedBefore:
    """Lets the question in, a turn for each answer to it, or raises what refuses it; nothing is stored or held then.

    `message_id` is the id an idempotency key stands for; the question's own wins. The first answer has that id, the
    n-th `uuid5(message_id, n)`.
    """
    first = question.message_id or message_id or uuid4()
    try:
        catalogue = await openrouter.list_models()
        wanted = want_all(first, question, catalogue)
        attached = await resolve(person, first, question)
    except (UnknownModel, UpstreamUnavailable, InvalidRequest) as refusal:
        return await _asked_before(person, question, first, refusal)
    any_model = not (question.compare or question.model or question.models)
    told = await _call(person, question, first, wanted, attached, any_model=any_model)
    if usual := told.get("usual_models"):
        # The conversation, or the answer that is to be given anew, has a model of its own.
        wanted = [want(first, 1, [plans.first_on_offer(catalogue, usual)])]
        told = await _call(person, question, first, wanted, attached, any_model=False)
    if told.get("replay"):
        return AskedBefore([UUID(each) for each in told["message_ids"]])
    if told["spend_percent"] >= 80:
        await alerts.tell_at_times("spend_limit_near", "daily", percent=told["spend_percent"])
    return _turns(person, question, wanted, attached, told)


def answer_tokens(turn: Turn) -> int:
    """`max_tokens` of the request: the least of what was asked, the plan's cap and the model's."""
    return min(turn.question.max_tokens or turn.offer.answer_tokens, turn.offer.answer_tokens)


def want_all(first: UUID, question: Question, catalogue: Sequence[Model]) -> list[Wanted]:
    """The answers that are asked for, one unless models are compared. Raises UnknownModel, UpstreamUnavailable, and
    InvalidRequest where two of the names are one model's."""
    wanted = [
        want(first, n, plans.choose(catalogue, asked, question.models))
        for n, asked in enumerate(question.compare or [question.model], start=1)
    ]
    if len({each.models[0].id for each in wanted}) < len(wanted):
        raise invalid("compare", "repeated", "Each model answers once.")
    return wanted


def want(first: UUID, n: int, models: list[Model]) -> Wanted:
    """The n-th of the answers, of these models."""
    offers = {tier: plans.offer(plan, models) for tier, plan in PLANS.items()}
    return Wanted(first if n == 1 else uuid5(first, str(n)), models, offers)


def not_in_plan(wanted: list[Wanted]) -> ModelNotInPlan:
    """The refusal of models that the person's plan has not, with the plans that have all of them."""
    plans_with = [plan for plan in PLANS.values() if all(each.offers[plan.tier].refusal is None for each in wanted)]
    names = " and ".join(plan.name for plan in plans_with)
    has = f" {names} {'has' if len(plans_with) == 1 else 'have'} it." if plans_with else ""
    return ModelNotInPlan(f"{ModelNotInPlan.sentence}{has}", plans=[plan.tier for plan in plans_with])


async def _call(
    person: Person, question: Question, first: UUID, wanted: list[Wanted], attached: Attached, *, any_model: bool
) -> dict[str, Any]:
    ask, terms, blind = in_sql(question, wanted, attached, any_model=any_model)
    try:
        (told,) = await db.call("select oneai.admit(%s, %s, %s, %s)", [person.user_id, first, ask, terms])
    except InvalidRequest as refusal:
        # Whatever else refuses the question comes before that its model cannot see.
        raise refusal if refusal.extra or blind is None else blind from None
    except ModelNotInPlan:
        raise not_in_plan(wanted) from None
    except QuotaExceeded as refusal:
        raise await quota.refused(person, refusal, len(wanted)) from None
    except ServicePaused:
        await alerts.tell_at_times("spend_limit_reached", "daily")
        raise
    if told.get("lapsed"):
        log.count("OperatorAlert", kind="reservation_lapsed")
    return dict(told)


def in_sql(
    question: Question, wanted: list[Wanted], attached: Attached, *, any_model: bool
) -> tuple[str, str, InvalidRequest | None]:
    """What is asked and on which terms, as SQL reads it; and what refuses it last, where models cannot see."""
    ask = {**_ask(question), "any_model": any_model}
    ask["answers"] = [{"id": str(each.id), "model": each.models[0].id} for each in wanted]
    if question.model or question.models:
        ask["chosen_model"] = wanted[0].models[0].id
    ask["prompt_bytes_extra"] = attached.prompt_bytes()
    if attached.stored:
        ask["metadata"] = {"attachments": attached.stored}
    blind = attached.refusal(
        [model for each in wanted for model in each.models], "compare" if question.compare else "model"
    )
    terms = _refusing(blind) if blind else _terms(question, wanted, attached)
    return json.dumps(ask, ensure_ascii=False), terms, blind


async def _asked_before(
    person: Person, question: Question, first: UUID, refusal: UnknownModel | UpstreamUnavailable | InvalidRequest
) -> AskedBefore:
    """The answer that was asked for while model and files were still there; else what refuses this question comes
    first, and then that there is no such model, or file."""
    ask = json.dumps(_ask(question), ensure_ascii=False)
    try:
        (told,) = await db.call("select oneai.admit(%s, %s, %s, %s)", [person.user_id, first, ask, _refusing(refusal)])
    except type(refusal) as found:
        raise (found if found.extra else refusal) from None
    return AskedBefore([UUID(each) for each in told["message_ids"]])


def _refusing(refusal: OneAIError) -> str:
    """Terms on which nobody is let in, but whoever asked before finds their answer."""
    return json.dumps({tier: {"refusal": refusal.code} for tier in PLANS})


def _turns(
    person: Person, question: Question, wanted: list[Wanted], attached: Attached, told: dict[str, Any]
) -> list[Turn]:
    """What `oneai.admit` told, as a turn for each answer; they share all but model, terms and id."""
    history = from_rows(told["history"])
    return [
        Turn(
            person=person,
            question=question,
            message=told["message"],
            message_id=each.id,
            conversation_id=UUID(told["conversation_id"]),
            user_message_id=UUID(told["user_message_id"]),
            models=each.models,
            offer=each.offers[told["tier"]],
            history=history,
            system_prompt=told["system_prompt"],
            attached=attached,
            quota=hold["quota"],
            budget=hold["budget"],
        )
        for each, hold in zip(wanted, told["holds"], strict=True)
    ]


def _ask(question: Question) -> dict[str, Any]:
    return {
        "conversation_id": question.conversation_id and str(question.conversation_id),
        "edit_of": question.edit_of and str(question.edit_of),
        "regenerate_of": question.regenerate_of and str(question.regenerate_of),
        "temporary": question.temporary,
        "message": question.message,
        "fingerprint": question.fingerprint(),
        "require_confirmed": settings.read(ChatSettings).require_confirmed_email,
        "spend_limit_micro_usd": plans.daily_spend_limit(),
    }


def _terms(question: Question, wanted: list[Wanted], attached: Attached) -> str:
    """The offers as SQL reads them: each tier's terms, so that admit need not be asked for the tier first."""
    at_once = answers_at_once()
    return json.dumps(
        {
            tier: {
                "free": plan.free,
                # Texts that come along are part of the message.
                "message_characters": plan.input_tokens
                and max(MESSAGE_CHARACTERS, plan.input_tokens * 4) - attached.characters(),
                "answers_at_once": at_once[tier],
                "history_bytes": max(each.offers[tier].input_tokens for each in wanted) * BYTES_PER_TOKEN,
                "answers": [_term(question, plan, each.models, each.offers[tier]) for each in wanted],
            }
            for tier, plan in PLANS.items()
        }
    )


def _term(question: Question, plan: Plan, models: Sequence[Model], offer: Offer) -> dict[str, Any]:
    return {
        "refusal": offer.refusal,
        "quota_key": offer.quota_key,
        "text_key": offer.text_key,
        "input_tokens": offer.input_tokens,
        "context_tokens": max(model.context_length for model in models),
        "answer_tokens": min(question.max_tokens or offer.answer_tokens, offer.answer_tokens),
        "prompt_micro_usd_per_token": str(offer.prompt_micro_usd_per_token),
        "completion_micro_usd_per_token": str(offer.completion_micro_usd_per_token),
        "price_version": models[0].price_version,
        "daily_ceiling_micro_usd": plans.daily_ceiling(plan),
    }
