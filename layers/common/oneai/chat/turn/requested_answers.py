"""The answers that a question requests, and the arguments of `oneai.admit` and `oneai.quote`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from oneai import plans, settings
from oneai.chat.attachments.content_parts import all_draw, all_support_vision
from oneai.chat.attachments.resolve import ResolvedAttachments
from oneai.chat.turn.concurrency import answers_at_once
from oneai.chat.turn.identified_question import IdentifiedQuestion
from oneai.chat.turn.prompted_question import KEPT_SECONDS, PromptedQuestion
from oneai.chat.turn.question import Question
from oneai.chat.turn.retrieval import PASSAGES_BYTES
from oneai.clients.openrouter import Model
from oneai.errors import InvalidRequest, ModelNotInPlan, OneAIError
from oneai.field_errors import invalid
from oneai.plans import PLANS, ModelTerms, Plan

# A message of this many characters is accepted in every plan, whatever its input tokens.
MESSAGE_CHARACTERS = 100_000
# SQL limits history by bytes, generously; `context.fit` limits it by tokens. No script takes more bytes per token.
BYTES_PER_TOKEN = 8


@dataclass(frozen=True)
class ChatSettings:
    """`require_confirmed_email` refuses people who have not confirmed their address."""

    require_confirmed_email: bool = False


@dataclass(frozen=True)
class RequestedAnswer:
    """One answer to be generated, and its terms by tier; the first of `models` is asked first."""

    id: UUID
    models: list[Model]
    terms: dict[str, ModelTerms]


def requested_answers(first_id: UUID, question: Question, catalogue: Sequence[Model]) -> list[RequestedAnswer]:
    """The requested answers, one unless models are compared.

    Raises UnknownModel, UpstreamUnavailable, and InvalidRequest where two of the names are one model's.
    """
    answers = [
        requested_answer(first_id, n, plans.resolve_models(catalogue, name, question.models))
        for n, name in enumerate(question.compare or [question.model], start=1)
    ]
    if len({answer.models[0].id for answer in answers}) < len(answers):
        raise invalid("compare", "repeated", "Each model answers once.")
    return answers


def requested_answer(first_id: UUID, n: int, models: list[Model]) -> RequestedAnswer:
    """The n-th answer, by these models. Its id is `first_id` for the first, else `uuid5(first_id, n)`."""
    terms = {tier: plans.terms_for(plan, models) for tier, plan in PLANS.items()}
    return RequestedAnswer(first_id if n == 1 else uuid5(first_id, str(n)), models, terms)


def not_in_plan(answers: list[RequestedAnswer]) -> ModelNotInPlan:
    """The refusal of models that the user's plan does not include, with the plans that include all of them."""
    plans_with = [plan for plan in PLANS.values() if all(each.terms[plan.tier].refusal is None for each in answers)]
    names = " and ".join(plan.name for plan in plans_with)
    has = f" {names} {'has' if len(plans_with) == 1 else 'have'} it." if plans_with else ""
    return ModelNotInPlan(f"{ModelNotInPlan.sentence}{has}", plans=[plan.tier for plan in plans_with])


def names_no_model(question: Question) -> bool:
    """Whether the model is that of the conversation, or of the answer to regenerate, before the operator's default."""
    return not (question.compare or question.model or question.models)


def sql_arguments(
    question: Question, answers: list[RequestedAnswer], attachments: ResolvedAttachments, *, any_model: bool
) -> tuple[str, str, InvalidRequest | None]:
    """`p_request` and `p_terms` of `oneai.admit`; and the refusal of images for models that see or draw none, which is
    raised only where nothing else refuses the question."""
    request = {**request_json(question), "any_model": any_model}
    request["answers"] = [
        {"id": str(answer.id), "model": answer.models[0].id, "fallbacks": [model.id for model in answer.models[1:]]}
        for answer in answers
    ]
    if question.model or question.models:
        request["chosen_model"] = answers[0].models[0].id
    request["prompt_bytes_extra"] = attachments.prompt_bytes()
    if isinstance(question, PromptedQuestion):
        request["prompt_bytes_extra"] += question.prompt_bytes
    if attachments.items:
        request["metadata"] = {"attachments": attachments.items}
    if attachments.documents:
        request["attached"] = [{"id": str(each), "field": name} for name, each in attachments.documents.items()]
    models = [model for answer in answers for model in answer.models]
    vision_refusal = attachments.vision_refusal(models, "compare" if question.compare else "model")
    if isinstance(question, PromptedQuestion) and question.has_images and not all_support_vision(models):
        vision_refusal = invalid("messages", "no_vision", f"{models[0].id} cannot see images.")
    if isinstance(question, PromptedQuestion) and question.wants_images and not all_draw(models):
        vision_refusal = invalid("modalities", "unsupported_type", f"{models[0].id} draws no images.")
    terms = refusing_terms(vision_refusal) if vision_refusal else _terms(question, answers, attachments)
    return json.dumps(request, ensure_ascii=False), terms, vision_refusal


def request_json(question: Question) -> dict[str, Any]:
    """The part of `p_request` that depends neither on models nor on attachments."""
    prompted = question if isinstance(question, PromptedQuestion) else None
    identified = question if isinstance(question, IdentifiedQuestion) else None
    return {
        "conversation_id": question.conversation_id and str(question.conversation_id),
        "begins_conversation": identified is not None,
        "question_id": str(identified.question_id) if identified and identified.question_id else None,
        "edit_of": question.edit_of and str(question.edit_of),
        "regenerate_of": question.regenerate_of and str(question.regenerate_of),
        "temporary": question.temporary,
        "temporary_seconds": KEPT_SECONDS if prompted else None,
        "has_prompt": prompted is not None,
        "is_retry": prompted is not None and prompted.is_retry,
        "message": question.message,
        "documents": _texts(question.documents),
        "collections": _texts(question.collections),
        "passages_bytes": PASSAGES_BYTES,
        "fingerprint": question.fingerprint(),
        "require_confirmed": settings.read(ChatSettings).require_confirmed_email,
        "spend_limit_micro_usd": plans.daily_spend_limit(),
    }


def _texts(ids: list[UUID] | None) -> list[str] | None:
    return None if ids is None else [str(each) for each in ids]


def refusing_terms(refusal: OneAIError) -> str:
    """Terms that refuse every new question with this code, while a replay still finds its answers."""
    return json.dumps({tier: {"refusal": refusal.code} for tier in PLANS})


def _terms(question: Question, answers: list[RequestedAnswer], attachments: ResolvedAttachments) -> str:
    """The terms of every tier, so that `oneai.admit` needs no round trip before it to learn the user's tier."""
    at_once = answers_at_once()
    characters = attachments.characters()
    if isinstance(question, PromptedQuestion):
        characters += question.prompt_characters - len(question.message or "")
    return json.dumps(
        {
            tier: {
                "free": plan.free,
                # Attached texts and a history that came with the question are part of the message.
                "message_characters": plan.input_tokens and max(MESSAGE_CHARACTERS, plan.input_tokens * 4) - characters,
                "answers_at_once": at_once[tier],
                "history_bytes": max(answer.terms[tier].input_tokens for answer in answers) * BYTES_PER_TOKEN,
                "answers": [_answer_terms(question, plan, answer.models, answer.terms[tier]) for answer in answers],
            }
            for tier, plan in PLANS.items()
        }
    )


def _answer_terms(question: Question, plan: Plan, models: Sequence[Model], terms: ModelTerms) -> dict[str, Any]:
    return {
        "refusal": terms.refusal,
        "quota_key": terms.quota_key,
        "text_key": terms.text_key,
        "input_tokens": terms.input_tokens,
        "context_tokens": max(model.context_length for model in models),
        "answer_tokens": min(question.max_tokens or terms.answer_tokens, terms.answer_tokens),
        "prompt_micro_usd_per_token": str(terms.prompt_micro_usd_per_token),
        "completion_micro_usd_per_token": str(terms.completion_micro_usd_per_token),
        "price_version": models[0].price_version,
        "daily_ceiling_micro_usd": plans.daily_ceiling(plan),
    }
